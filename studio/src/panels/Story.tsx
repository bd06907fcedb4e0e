/** What happened, row by row, with a sequence diagram of its own. */

import { useMemo } from "react";
import type { Story as Told, StoryLine } from "../types";

const ROW = 34;
const TOP = 46;
const LEFT = 78;
const GAP = 132;

const CLIENT = "client";

function words(line: StoryLine): string {
  const told = Object.entries(line.told ?? {}).map(([name, value]) => `${name} ${String(value)}`);
  return [line.entity, ...told, line.attempt && line.attempt > 1 ? `attempt ${line.attempt}` : null].filter(Boolean).join(", ");
}

const place = (line: StoryLine): string => line.component ?? CLIENT;

export function Story({ story }: { story: Told }) {
  return (
    <div className="story">
      <p className="story-said">{story.said}</p>
      <Sequence lines={story.lines} />
      <ol className="story-lines">
        {story.lines.map((line, i) => (
          <li key={i} className={line.faults?.length ? "at-fault" : ""}>
            <time>{line.time_s.toFixed(6)} s</time>
            <b>{line.event}</b>
            <span>
              {[line.flow, line.operation].filter((one) => one !== null && one !== undefined && one !== "").join(" ")}
              {line.component ? ` at ${line.component}${line.place === null ? "" : `/${line.place}`}` : ""}
              {words(line) ? ` — ${words(line)}` : ""}
              {line.faults?.length ? <em> [{line.faults.join(", ")}]</em> : null}
            </span>
          </li>
        ))}
      </ol>
      {story.omitted > 0 && <p className="muted">{story.omitted} more rows of these operations.</p>}
    </div>
  );
}

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Lifelines for the client and the components; an arrow where an operation moves from one to the next. */
export function Sequence({ lines }: { lines: StoryLine[] }) {
  const drawn = useMemo(() => {
    const who: string[] = [];
    for (const line of lines) if (!who.includes(place(line))) who.push(place(line));
    if (who.includes(CLIENT)) who.splice(0, 0, ...who.splice(who.indexOf(CLIENT), 1));
    const last = new Map<string, string>();
    const operations: string[] = [];
    const steps = lines.map((line) => {
      const operation = `${line.flow ?? ""} ${line.operation ?? ""}`.trim();
      if (operation && !operations.includes(operation)) operations.push(operation);
      const here = place(line);
      const from = last.get(operation) ?? null;
      last.set(operation, here);
      return { line, here, from: from !== here ? from : null, colour: operation ? operations.indexOf(operation) % 10 : 7 };
    });
    return { who, steps, operations };
  }, [lines]);
  const { who, steps, operations } = drawn;
  const x = (name: string) => LEFT + 60 + who.indexOf(name) * GAP;
  const width = LEFT + 60 + (who.length - 1) * GAP + 190;
  const height = TOP + steps.length * ROW + 14;
  return (
    <div className="sequence" tabIndex={0} role="group" aria-label="Sequence diagram; the rows below say the same in words">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {steps.map((step, i) => step.line.faults?.length ? (
          <rect key={`f${i}`} x={0} width={width} y={TOP + i * ROW - 4} height={ROW} className="seq-fault" />
        ) : null)}
        {who.map((name) => (
          <g key={name}>
            <line x1={x(name)} x2={x(name)} y1={TOP - 14} y2={height - 6} className="seq-life" />
            <rect x={x(name) - 54} y={6} width={108} height={24} rx={6} className="seq-head" />
            <text x={x(name)} y={19} textAnchor="middle" dominantBaseline="central" className="seq-name">{clip(name, 15)}<title>{name}</title></text>
          </g>
        ))}
        {steps.map(({ line, here, from, colour }, i) => {
          const y = TOP + i * ROW + 20;
          const end = x(here);
          const begin = from === null ? null : x(from);
          const way = begin === null ? 0 : Math.sign(end - begin);
          const note = clip([line.event, words(line)].filter(Boolean).join(" · "), 46);
          const rightmost = begin === null || way > 0 ? end : begin;
          const inside = begin !== null && Math.abs(end - begin) > note.length * 6;
          return (
            <g key={i} className={`seq-step${/crash|lost|fail|error|shed|timeout|down|drop/.test(line.event) ? " bad" : ""}`}>
              <text x={6} y={y} dominantBaseline="central" className="seq-time">{line.time_s.toFixed(4)}</text>
              {begin !== null && (
                <>
                  <line x1={begin} x2={end - way * 7} y1={y} y2={y} style={{ stroke: `var(--flow-${colour})` }} className="seq-arrow" />
                  <path d={`M${end},${y}l${-way * 8},-4v8z`} style={{ fill: `var(--flow-${colour})` }} />
                </>
              )}
              <circle cx={end} cy={y} r={begin === null ? 4.5 : 2.5} style={{ fill: `var(--flow-${colour})` }} />
              <text
                x={inside ? (begin! + end) / 2 : rightmost + 10} y={inside ? y - 9 : y} textAnchor={inside ? "middle" : "start"}
                dominantBaseline="central" className="seq-note"
              >
                {note}
              </text>
            </g>
          );
        })}
      </svg>
      {operations.length > 1 && (
        <p className="seq-operations">
          {operations.map((name, i) => <span key={name}><i style={{ background: `var(--flow-${i % 10})` }} />{name}</span>)}
        </p>
      )}
    </div>
  );
}
