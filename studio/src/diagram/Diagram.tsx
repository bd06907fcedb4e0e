/** The live diagram: where the server put everything, and what a run does to it. */

import {
  Handle, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type Edge, type EdgeProps, type Node,
  type NodeChange, type NodeProps,
} from "@xyflow/react";
import { memo, useEffect, useMemo, useRef, useState, type CSSProperties } from "react";
import { selectNode } from "../actions";
import { compact, percent, show, times } from "../format";
import { useAtMoment } from "../playback";
import { get, set, use } from "../store";
import type { Diagram as Shape, DiagramEdge, DiagramGroup, DiagramNode, Strand } from "../types";
import { Icon, kindIcon } from "../ui/icons";
import { Button } from "../ui/kit";
import { shapesOf } from "./curves";
import { loadClass } from "./load";

type PartNode = Node<{ part: DiagramNode }, "part">;
type FrameNode = Node<{ group: DiagramGroup }, "frame">;
type NameNode = Node<{ label: string }, "name">;
type AnyNode = PartNode | FrameNode | NameNode;
type PathEdge = Edge<{ edge: DiagramEdge; lit: string | null; rates: Map<string, number> }, "path">;

const FLOW_COLOURS = 10;
const MOST_STRANDS = 8;
/** Around the drawing; the legend is above it. */
const ROOM = { top: "34px", right: "14px", bottom: "12px", left: "14px" } as const;
/** Below this zoom only names are shown, as large as their boxes let them be. */
const FAR = 0.62;
/** How much larger the type of a short name may be than that of the longest. */
const EVEN = 1.4;
export const flowColour = (index: number): string => `var(--flow-${((index % FLOW_COLOURS) + FLOW_COLOURS) % FLOW_COLOURS})`;

const Part = memo(function Part({ data, selected }: NodeProps<PartNode>) {
  const { part } = data;
  const live = useAtMoment((now) => {
    const used = now.at(`${part.name}.utilisation`);
    const queue = now.at(`${part.name}.queue`);
    const shed = now.at(`${part.name}.shed`);
    const lag = now.at(`${part.name}.lag`);
    return [used, queue, shed, lag].map((value) => (value === null ? "" : value.toPrecision(3))).join("|");
  });
  const [used, queue, shed, lag] = live === undefined ? [] : live.split("|").map((value) => (value === "" ? null : Number(value)));
  const client = part.kind === "client";
  const utilisation = live === undefined ? part.utilisation : (used ?? null);
  const waits = Math.max(queue ?? 0, lag ?? 0);
  const fails = live === undefined ? 0 : (shed ?? 0);
  const problem = live === undefined ? part.problem : null;
  const title = [
    `${part.name} · ${part.kind.replaceAll("_", " ")}`, part.detail,
    utilisation === null || utilisation === undefined ? null : `${share(utilisation)} busy`, problem,
  ].filter(Boolean).join("\n");
  return (
    <div className={`part ${client ? "client" : ""} ${selected ? "selected" : ""} load-${loadClass(utilisation)}${fails >= 0.5 || problem ? " failing" : ""}`} title={title} style={{ "--room": `${nameRoom(part)}px` } as CSSProperties}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className="part-icon"><Icon name={kindIcon(part.kind)} size={18} /></span>
      <div className="part-text">
        <div className="part-line">
          <span className="part-name">{part.label}</span>
          {part.utilisation !== null && <span className="part-load">{share(utilisation ?? 0)}</span>}
        </div>
        {detailLines(part).map((line) => <div key={line} className="part-detail">{line}</div>)}
      </div>
      {part.utilisation !== null && <div className="part-bar"><i style={{ transform: `scaleX(${Math.min(1, utilisation ?? 0)})` }} /></div>}
      {live !== undefined && waits >= 1 && <span className="part-queue" title="requests that wait">{compact(Math.round(waits))} wait</span>}
      {fails >= 0.5 && <span className="part-shed" title="turned away per second">−{compact(fails)}/s</span>}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});

/** A share in few characters: the boxes are as wide as the server made them for such. */
function share(value: number): string {
  const percent = 100 * value;
  return percent > 999 ? "over 999 %" : percent >= 1 || percent === 0 ? `${Math.round(percent)} %` : "< 1 %";
}

/** The largest type in which a name fits its box, without the icon. */
function nameRoom(part: DiagramNode): number {
  return Math.floor((part.width - 18) / (0.62 * Math.max(1, part.label.length)));
}

const LINE = 14;
const METER = 7;

/** The detail on as many lines as the box has room for. */
function detailLines(part: DiagramNode): string[] {
  if (!part.detail) return [];
  const room = Math.round((part.height - 33 - (part.utilisation === null ? 0 : METER)) / LINE);
  const comma = part.detail.indexOf(", ");
  return part.kind !== "client" && room >= 2 && comma > 0 ? [part.detail.slice(0, comma), part.detail.slice(comma + 2)] : [part.detail];
}

const Frame = memo(function Frame({ data }: NodeProps<FrameNode>) {
  return <div className={`frame frame-${data.group.kind}`} />;
});

/** The name of a frame, over the lines that pass it. */
const FrameName = memo(function FrameName({ data }: NodeProps<NameNode>) {
  return <div className="frame-name">{data.label}</div>;
});

/** A line for each strand, beside each other, with one head. */
const Path = memo(function Path({ id, data }: EdgeProps<PathEdge>) {
  const { edge, lit, rates } = data!;
  const strands = useMemo(() => edge.strands.slice(0, MOST_STRANDS), [edge]);
  const shapes = useMemo(() => shapesOf(edge.points, strands.length), [edge.points, strands.length]);
  const told = useAtMoment((now) =>
    strands
      .map((strand) => {
        const rate = strand.flow === null ? null : now.at(`${strand.flow}.rate`);
        const errors = strand.flow === null ? 0 : (now.at(`${strand.flow}.errors`) ?? 0);
        return rate === null ? "" : `${rate.toPrecision(3)}/${rate > 0 ? (errors / rate).toPrecision(2) : 0}`;
      })
      .join("|"),
  );
  const live = told?.split("|").map((one) => (one === "" ? null : one.split("/").map(Number)));
  if (!shapes) return null;
  const tip = strands.reduce<Strand | undefined>((best, one) => (best && best.rate >= one.rate ? best : one), undefined);
  const of = (strand: Strand) => (strand.color === null ? "var(--faint)" : flowColour(strand.color));
  const off = (strand: Strand) => lit !== null && strand.flow !== lit;
  const lines = edge.label ? edge.label.split("\n") : [];
  // on paper an edge carries a share of its flow (a cache's misses, a batch); in a run the same share of what arrives
  const carried = (i: number): number | null => {
    const strand = strands[i];
    const now = live?.[i]?.[0];
    const base = strand?.flow ? rates.get(strand.flow) : undefined;
    return strand && now !== undefined && base ? (now * strand.rate) / base : null;
  };
  const whole = edge.strands.length <= lines.length;
  return (
    <g className={`path${lit !== null && !edge.strands.some((one) => one.flow === lit) ? " dim" : ""}`}>
      <title>{edge.strands.map((one) => `${one.flow ?? ""} ${one.verbs.join(", ")} ${show(one.rate, "1/s")}`.trim()).join("\n")}</title>
      {strands.map((strand, i) => {
        const failing = (live?.[i]?.[1] ?? 0) > 0.001;
        const rate = live?.[i]?.[0] ?? null;
        return (
          <g key={i} className={`strand ${strand.kind}${off(strand) ? " off" : ""}${live && rate === 0 ? " idle" : ""}`}>
            <path id={i === 0 ? id : undefined} className="react-flow__edge-path" d={shapes.lines[i]} style={{ stroke: of(strand) }} />
            {live && rate !== null && rate > 0 && (
              <path className={`path-flow${failing ? " failing" : ""}`} d={shapes.lines[i]} />
            )}
          </g>
        );
      })}
      <path className="path-head" d={shapes.head} style={{ fill: tip ? of(tip) : "var(--faint)" }} />
      {lines.length > 0 && (
        <g className="path-label" transform={`translate(${edge.label_x - edge.label_width / 2} ${edge.label_y - edge.label_height / 2})`}>
          <rect width={edge.label_width} height={edge.label_height} rx={5} />
          {lines.map((line, i) => {
            const strand = whole ? strands[i] : undefined;
            const now = whole ? carried(i) : null;
            const errors = whole ? (live?.[i]?.[1] ?? 0) : 0;
            const text = now !== null && strand ? line.replace(/\S+\/s$/, `${compact(now)}/s`) : line;
            return (
              <g key={i} transform={`translate(0 ${2.5 + 14 * i})`}>
                {strand && <circle cx={8.5} cy={6.7} r={3} style={{ fill: errors > 0.001 ? "var(--broken)" : of(strand) }} />}
                <text x={15} y={10.5} className={errors > 0.001 ? "failing" : ""}>{text}</text>
              </g>
            );
          })}
        </g>
      )}
    </g>
  );
});

const nodeTypes = { part: Part, frame: Frame, name: FrameName };
const edgeTypes = { path: Path };

function nodesOf(diagram: Shape, selected: string | null): AnyNode[] {
  const depth = new Map<string, number>();
  const depthOf = (id: string | null): number => {
    if (id === null) return 0;
    const known = depth.get(id);
    if (known !== undefined) return known;
    depth.set(id, 0);
    const found = 1 + depthOf(diagram.groups.find((group) => group.id === id)?.parent ?? null);
    depth.set(id, found);
    return found;
  };
  const frames = diagram.groups.map((group): FrameNode => ({
    id: `group:${group.id}`, type: "frame", position: { x: group.x, y: group.y }, data: { group }, width: group.width, height: group.height,
    measured: { width: group.width, height: group.height }, selectable: false, focusable: false, draggable: false, zIndex: depthOf(group.id) - 20,
  }));
  const parts = diagram.nodes.map((part): PartNode => ({
    id: part.id, type: "part", position: { x: part.x, y: part.y }, data: { part }, width: part.width, height: part.height,
    measured: { width: part.width, height: part.height }, selected: part.name === selected, draggable: false,
    ariaLabel: `${part.kind} ${part.label}${part.utilisation === null ? "" : `, ${percent(part.utilisation)} busy`}`,
    handles: [
      { type: "target", position: Position.Left, x: 0, y: part.height / 2, width: 1, height: 1 },
      { type: "source", position: Position.Right, x: part.width, y: part.height / 2, width: 1, height: 1 },
    ],
  }));
  const names = diagram.groups.filter((group) => group.label).map((group): NameNode => ({
    id: `name:${group.id}`, type: "name", position: { x: group.x + 10, y: group.y + 6 }, data: { label: group.label }, selectable: false,
    focusable: false, draggable: false, zIndex: 8, measured: { width: group.width - 20, height: 15 }, width: group.width - 20, height: 15,
  }));
  return [...frames, ...parts, ...names];
}

function Canvas({ diagram }: { diagram: Shape }) {
  const selected = use((now) => now.selectedNode);
  const stale = use((now) => now.stale);
  const big = use((now) => now.big);
  const [lit, setLit] = useState<string | null>(null);
  const flow = useReactFlow();
  const moved = useRef(false);
  const width = useStore((now) => now.width);
  const height = useStore((now) => now.height);
  const zoom = useStore((now) => Math.round(50 * now.transform[2]) / 50);
  const nodes = useMemo(() => nodesOf(diagram, selected), [diagram, selected]);
  const largest = useMemo(() => Math.round(EVEN * Math.min(...diagram.nodes.map(nameRoom))), [diagram]);
  const rates = useMemo(() => new Map(diagram.flows.map((one) => [one.name, one.rate ?? 0])), [diagram]);
  const edges = useMemo(
    () => diagram.edges.map((edge): PathEdge => ({
      id: edge.id, source: edge.source, target: edge.target, type: "path", focusable: false, selectable: false,
      data: { edge, lit, rates }, zIndex: lit !== null && edge.strands.some((one) => one.flow === lit) ? 5 : 1,
    })),
    [diagram, lit, rates],
  );
  const shape = `${diagram.width}x${diagram.height}:${diagram.nodes.map((node) => node.id).join()}`;
  useEffect(() => {
    moved.current = false;
  }, [shape]);
  useEffect(() => {
    if (!moved.current && width && height) void flow.fitView({ padding: ROOM, maxZoom: 1.2 });
  }, [shape, width, height, flow]);
  const onNodesChange = (changes: NodeChange<AnyNode>[]) => {
    for (const change of changes) {
      if (change.type !== "select" || !change.selected) continue;
      selectNode(diagram.nodes.find((node) => node.id === change.id)?.name ?? null);
    }
  };
  const fit = () => {
    moved.current = false;
    void flow.fitView({ padding: ROOM, maxZoom: 1.2, duration: 200 });
  };
  return (
    <div
      className={`canvas${stale ? " stale" : ""}${zoom < FAR ? " far" : ""}`} style={{ "--zoom": Math.max(zoom, 0.1), "--largest": `${largest}px` } as CSSProperties}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "+" || event.key === "=") void flow.zoomIn();
        else if (event.key === "-") void flow.zoomOut();
        else if (event.key === "0") fit();
        else if (event.key === "w") set({ big: !get().big });
        else if (event.key === "Escape") {
          if (get().selectedNode) selectNode(null);
          else set({ big: false });
        }
      }}
    >
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} onNodesChange={onNodesChange}
        onPaneClick={() => selectNode(null)} onMoveEnd={(event) => event && (moved.current = true)} minZoom={0.15} maxZoom={3}
        nodesDraggable={false} nodesConnectable={false} edgesFocusable={false} deleteKeyCode={null} selectionKeyCode={null}
        multiSelectionKeyCode={null} proOptions={{ hideAttribution: true }} zoomOnDoubleClick={false} panOnScroll={false}
        aria-label="Diagram of the design"
      />
      <div className="legend" onMouseLeave={() => setLit(null)}>
        {diagram.flows.map((one) => (
          <button
            type="button" key={one.name} className={lit === one.name ? "lit" : ""} aria-pressed={lit === one.name}
            onMouseEnter={() => setLit(one.name)} onFocus={() => setLit(one.name)} onBlur={() => setLit(null)}
            onClick={() => selectNode(one.name)} title={`${one.name}: ${show(one.rate, "1/s")}`}
          >
            <i style={{ background: flowColour(one.color) }} />
            {one.name}
          </button>
        ))}
      </div>
      <div className="zoom" role="group" aria-label="Zoom">
        <Button kind="quiet" icon="plus" aria-label="Zoom in" title="Zoom in (+)" onClick={() => void flow.zoomIn()} />
        <Button kind="quiet" icon="minus" aria-label="Zoom out" title="Zoom out (−)" onClick={() => void flow.zoomOut()} />
        <Button
          kind="quiet" icon={big ? "narrow" : "wide"} aria-label={big ? "Beside the text" : "Whole page"} aria-pressed={big} className="button quiet only-icon big-toggle"
          title={big ? "Beside the text (W)" : "Whole page (W)"} onClick={() => set({ big: !big })}
        />
        <Button kind="quiet" icon="fit" aria-label="Fit" title="Fit (0)" onClick={fit} />
      </div>
      {stale && (
        <div className="stale-note" role="status">
          <Icon name="warning" size={14} />
          <span>Last drawing that could be read. <b>{stale}</b></span>
        </div>
      )}
      <NodeCard diagram={diagram} />
    </div>
  );
}

/** What the closed form says of the box that is selected. */
function NodeCard({ diagram }: { diagram: Shape }) {
  const name = use((now) => now.selectedNode);
  const estimate = use((now) => now.good.estimate);
  if (!name) return null;
  const component = estimate?.components[name];
  const flow = estimate?.flows[name];
  const node = diagram.nodes.find((one) => one.name === name);
  if (!component && !flow) return null;
  const rows: [string, string][] = component
    ? [
        ["busy", show(component.utilisation, "ratio")],
        ["hottest", show(component.hottest, "ratio")],
        ["rate", show(component.rate, "1/s")],
        ["wait, mean", show(component.wait_mean_s, "s")],
        ["p99", show(component.p99_s, "s")],
        ...(component.hit_ratio === null ? [] : [["hits", show(component.hit_ratio, "ratio")] as [string, string]]),
        ["full at", `${times(component.saturates_at)}${component.limited_by ? ` (${component.limited_by})` : ""}`],
        ["cost", show(component.cost, "USD/month")],
      ]
    : [
        ["rate", show(flow!.rate, "1/s")],
        ["p50", show(flow!.p50_s, "s")],
        ["p95", show(flow!.p95_s, "s")],
        ["p99", show(flow!.p99_s, "s")],
        ["availability", show(flow!.availability, "ratio")],
      ];
  return (
    <aside className="node-card" aria-label={`Estimate of ${name}`}>
      <header>
        <Icon name={kindIcon(component?.kind ?? "client")} size={14} />
        <b>{name}</b>
        <span>{(component?.kind ?? "flow").replaceAll("_", " ")}{component ? ` × ${component.nodes}` : ""}</span>
        <Button kind="quiet" icon="close" aria-label="Close" onClick={() => selectNode(null)} />
      </header>
      {node?.problem && <p className="bad">{node.problem}</p>}
      <dl>
        {rows.map(([term, value]) => (
          <div key={term}><dt>{term}</dt><dd>{value}</dd></div>
        ))}
      </dl>
    </aside>
  );
}

export function Diagram() {
  const diagram = use((now) => now.good.diagram);
  const stale = use((now) => now.stale);
  if (!diagram) {
    return (
      <div className="canvas nothing">
        <p>{stale ?? "The diagram appears here."}</p>
      </div>
    );
  }
  return (
    <ReactFlowProvider>
      <Canvas diagram={diagram} />
    </ReactFlowProvider>
  );
}
