/** Two runs, or the design and a variant of it, side by side. */

import { useMemo, useState } from "react";
import { run as start } from "../actions";
import { clock, show, signed } from "../format";
import { useRun, type LiveRun, type SeriesOf } from "../live";
import { differ } from "../places";
import { set, use } from "../store";
import type { CompareResult, FaultWindow, Guarantee, RunMeta } from "../types";
import { Icon } from "../ui/icons";
import { Badge, Button, Empty, VERDICTS } from "../ui/kit";
import { Plot, type Line } from "../ui/Plot";
import { flowsIn, percentilesOf } from "./Plots";
import { contractOf } from "./Verdict";

export const runTitle = (run: RunMeta): string =>
  `${run.name || run.blueprint || run.id}${run.variant ? ` · ${run.variant}` : ""} · ${run.cases?.join(", ") || "all cases"} · ${clock(run.created_s, true)}`;

export function ComparePanel() {
  const runs = use((now) => now.runs);
  const compare = use((now) => now.compare);
  const blueprint = use((now) => now.good.blueprint);
  const checks = runs.filter((one) => one.kind === "check");
  const a = useRun(compare.a);
  const b = useRun(compare.b);
  const variants = useRun(compare.variants);
  const pick = (side: "a" | "b") => (
    <label className="field">
      <span>{side === "a" ? "This run" : "against this one"}</span>
      <select value={compare[side] ?? ""} onChange={(event) => set({ compare: { ...compare, [side]: event.target.value || null, variants: null } })}>
        <option value="">choose a run…</option>
        {checks.map((one) => <option key={one.id} value={one.id}>{runTitle(one)}</option>)}
      </select>
    </label>
  );
  return (
    <div className="compare">
      <div className="compare-pick">
        {pick("a")}
        <Button icon="wide" kind="quiet" aria-label="Swap the two" title="Swap" onClick={() => set({ compare: { a: compare.b, b: compare.a, variants: null } })} />
        {pick("b")}
        {!!blueprint?.variants.length && <VariantPick names={blueprint.variants} />}
      </div>
      {compare.variants && variants
        ? <OfVariants run={variants} />
        : a && b && compare.a !== compare.b ? <OfRuns a={a} b={b} />
        : <Empty title="Choose two runs" icon="runs">Or let the design run against one of its variants, under the same luck.</Empty>}
    </div>
  );
}

function VariantPick({ names }: { names: string[] }) {
  const [name, setName] = useState(names[0] ?? "");
  const chosen = names.includes(name) ? name : (names[0] ?? "");
  return (
    <div className="field variant-pick">
      <label>
        <span>or run against a variant</span>
        <select value={chosen} onChange={(event) => setName(event.target.value)}>
          {names.map((one) => <option key={one}>{one}</option>)}
        </select>
      </label>
      <Button icon="play" onClick={() => void start("compare", { variants: [chosen] })}>Compare</Button>
    </div>
  );
}

interface Row {
  metric: string;
  text: string;
  unit: string;
  a: Guarantee | undefined;
  b: Guarantee | undefined;
  difference: number | null;
  low?: number | null;
  high?: number | null;
}

function rowsOf(left: Guarantee[], right: Guarantee[]): Row[] {
  return contractOf([{ guarantees: left }, { guarantees: right }]).map((metric) => {
    const a = left.find((one) => one.metric === metric);
    const b = right.find((one) => one.metric === metric);
    const one = (b ?? a)!;
    return {
      metric, text: one.guarantee, unit: one.unit, a, b,
      difference: a?.value !== null && b?.value !== null && a && b ? b.value! - a.value! : null,
    };
  });
}

function OfRuns({ a, b }: { a: LiveRun; b: LiveRun }) {
  const names = [a, b].map((run) => (run.meta ? runTitle(run.meta) : run.id)) as [string, string];
  const common = a.cases.filter((one) => b.cases.some((other) => other.case === one.case)).map((one) => one.case);
  const only = [...a.cases, ...b.cases].map((one) => one.case).filter((name) => !common.includes(name));
  if (!a.loaded || !b.loaded) return <p className="muted note">Loading both runs…</p>;
  if (!a.over || !b.over) return <Empty title="One of them still runs" icon="clockwork">The comparison appears when both are done.</Empty>;
  if (!common.length) return <Empty title="No case in common" icon="warning">These two runs have no case that both were judged in.</Empty>;
  return (
    <>
      {common.map((name) => {
        const left = a.cases.find((one) => one.case === name)!;
        const right = b.cases.find((one) => one.case === name)!;
        return (
          <Side key={name} title={name} a={{ name: names[0], verdict: left.verdict }} b={{ name: names[1], verdict: right.verdict }} rows={rowsOf(left.guarantees, right.guarantees)} />
        );
      })}
      {only.length > 0 && <p className="muted note">Only one of them has: {[...new Set(only)].join(", ")}.</p>}
      <PlotsOf
        cases={common} a={a.series} b={b.series} faults={{ ...a.faults, ...b.faults }} names={["first", "second"]}
        version={a.version + b.version} id={`${a.id}-${b.id}`}
      />
      <Changed a={a.text} b={b.text} />
    </>
  );
}

function Changed({ a, b }: { a: string | null; b: string | null }) {
  const lines = useMemo(() => {
    if (a === null || b === null || a === b) return null;
    return differ(a, b).filter((chunk) => chunk.kind !== "same").flatMap((chunk) => chunk.lines.map((line) => ({ kind: chunk.kind, line })));
  }, [a, b]);
  if (!lines) return a !== null && a === b ? <p className="muted note">Both ran the same text.</p> : null;
  return (
    <section>
      <h3>What changed in the text</h3>
      <pre className="diff">
        {lines.slice(0, 60).map((one, i) => <span key={i} className={`diff-${one.kind}`}>{one.kind === "a" ? "− " : "+ "}{one.line}{"\n"}</span>)}
        {lines.length > 60 && <span className="muted">and {lines.length - 60} more lines</span>}
      </pre>
    </section>
  );
}

function OfVariants({ run }: { run: LiveRun }) {
  const told: CompareResult | null = run.compared;
  if (run.error) return <Empty title="The comparison failed" icon="warning">{run.error.message}</Empty>;
  if (!told) {
    return run.over
      ? <Empty title="Nothing was compared" icon="warning">{run.meta?.state}</Empty>
      : <Waiting run={run} what="Both designs run under the same luck…" />;
  }
  return (
    <>
      <p className="compare-why">
        <b>{told.better === "a" ? told.names[0] : told.better === "b" ? told.names[1] : told.better}</b>
        <span>{told.why}</span>
      </p>
      {told.cases.map((one) => {
        const rows = rowsOf(one.a.guarantees, one.b.guarantees).map((row): Row => {
          const exact = one.differences.find((other) => other.metric === row.metric);
          return exact ? { ...row, difference: exact.difference, low: exact.low, high: exact.high } : row;
        });
        return <Side key={one.case} title={one.case} a={{ name: told.names[0], verdict: one.a.verdict }} b={{ name: told.names[1], verdict: one.b.verdict }} rows={rows} />;
      })}
      <PlotsOf
        cases={told.cases.map((one) => one.case)} a={run.sides[0]} b={run.sides[1]} faults={run.faults} names={told.names}
        version={run.version} id={run.id}
      />
      {told.cost?.a !== null && told.cost && (
        <p className="note">Cost: {show(told.cost.a, "USD/month")} against {show(told.cost.b, "USD/month")} ({signed(told.cost.difference, "USD/month")}).</p>
      )}
    </>
  );
}

export function Waiting({ run, what }: { run: LiveRun; what: string }) {
  const active = Object.values(run.progress).at(-1);
  return (
    <div className="waiting-run">
      <p>{run.meta?.state === "queued" ? "It waits for a free place…" : run.note ?? what}{active?.case ? <span className="muted"> {active.case}</span> : null}</p>
      <div className="progress" role="progressbar" aria-label="Progress" aria-valuenow={active?.share ? Math.round(active.share * 100) : undefined}>
        <i className={active?.share ? "" : "waiting"} style={{ transform: `scaleX(${active?.share || 1})` }} />
      </div>
    </div>
  );
}

function Side({ title, a, b, rows }: {
  title: string; a: { name: string; verdict: Guarantee["verdict"] }; b: { name: string; verdict: Guarantee["verdict"] }; rows: Row[];
}) {
  const value = (line: Guarantee | undefined) =>
    line ? <span className={`vs ${line.verdict}`}><Icon name={VERDICTS[line.verdict].icon} size={12} /> {show(line.value, line.unit)}</span> : "–";
  return (
    <div className="scroll-x">
      <table className="numbers side-by-side">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">guarantee</th>
            <th scope="col" title={a.name}><span className="side-name">{a.name}</span> <Badge verdict={a.verdict} /></th>
            <th scope="col" title={b.name}><span className="side-name">{b.name}</span> <Badge verdict={b.verdict} /></th>
            <th scope="col">difference</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const size = row.a?.value && row.difference !== null ? Math.abs(row.difference / row.a.value) : 0;
            return (
              <tr key={row.metric} className={row.a && row.b && row.a.verdict !== row.b.verdict ? "flipped" : ""}>
                <th scope="row"><code>{row.text}</code></th>
                <td>{value(row.a)}</td>
                <td>{value(row.b)}</td>
                <td className={size > 0.05 ? "strong" : "muted"} title={row.low !== undefined && row.low !== null ? `${signed(row.low, row.unit)} to ${signed(row.high, row.unit)}` : undefined}>
                  {signed(row.difference, row.unit)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface Both {
  names: [string, string];
  version: number;
  id: string;
}

/** The plots of both in a case that can be chosen. */
function PlotsOf({ cases, a, b, faults, ...both }: Both & { cases: string[]; a: Record<string, SeriesOf>; b: Record<string, SeriesOf>; faults: Record<string, FaultWindow[]> }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const of = chosen && cases.includes(chosen) ? chosen : (cases[0] ?? null);
  if (of === null) return null;
  return (
    <>
      {cases.length > 1 && (
        <div className="chips" role="group" aria-label="Case of the plots">
          {cases.map((name) => <button type="button" key={name} aria-pressed={name === of} onClick={() => setChosen(name)}>{name}</button>)}
        </div>
      )}
      <Overlaid a={a[of]} b={b[of]} faults={faults[of]} {...both} />
    </>
  );
}

function Overlaid({ a, b, faults, names, version, id }: Both & { a?: SeriesOf; b?: SeriesOf; faults?: FaultWindow[] }) {
  const flows = useMemo(() => (a && b ? flowsIn(a).filter((name) => flowsIn(b).includes(name)) : []), [a, b]);
  const [chosen, setFlow] = useState<string | null>(null);
  const flow = chosen && flows.includes(chosen) ? chosen : (flows[0] ?? null);
  const plots = useMemo(() => {
    if (!a || !b || !flow) return [];
    const both = (metric: string, label: string): Line[] => [
      { metric, label: `${label}, ${names[0]}`, colour: "flow-0", dash: [5, 3], of: a },
      { metric, label: `${label}, ${names[1]}`, colour: "flow-1", of: b },
    ];
    const p = percentilesOf(b, flow).concat(percentilesOf(b, `${flow}.age`)).sort().at(-1);
    const top = Object.keys(b).filter((metric) => metric.endsWith(".utilisation") && a[metric])
      .sort((x, y) => Math.max(...b[y]!.values.map((v) => v ?? 0)) - Math.max(...b[x]!.values.map((v) => v ?? 0)))[0];
    return [
      ...(p && a[p] ? [{ title: `Latency of ${flow}`, unit: "s", lines: both(p, p.slice(flow.length + 1)) }] : []),
      { title: `Served, ${flow}`, unit: "1/s", lines: both(`${flow}.goodput`, "served") },
      { title: `Failed, ${flow}`, unit: "1/s", lines: both(`${flow}.errors`, "fail") },
      ...(top ? [{ title: `Utilisation of ${top.replace(".utilisation", "")}`, unit: "ratio", lines: both(top, "busy") }] : []),
    ];
    // eslint-disable-next-line
  }, [a, b, flow, names.join("\n")]);
  if (!a || !b) return null;
  return (
    <section className="plots">
      {flows.length > 1 && (
        <div className="chips" role="group" aria-label="Flow">
          {flows.map((name) => <button type="button" key={name} aria-pressed={name === flow} onClick={() => setFlow(name)}>{name}</button>)}
        </div>
      )}
      <div className="plot-grid">
        {plots.map((one) => <Plot key={one.title} {...one} series={b} faults={faults} version={version} sync={`compare-${id}`} />)}
      </div>
    </section>
  );
}
