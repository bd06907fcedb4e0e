/** What a verdict rests on: the value and its interval against the bound, plot, story, rows. */

import { useEffect, useMemo, useRef, useState } from "react";
import { api } from "../api";
import { digits, percent, show } from "../format";
import { useRun } from "../live";
import { set, use } from "../store";
import type { Evidence, Guarantee, Story as Told, StoryLine } from "../types";
import { Icon } from "../ui/icons";
import { Badge, Button, VERDICTS } from "../ui/kit";
import { Plot, type Line } from "../ui/Plot";
import { Story } from "./Story";

export function EvidenceDrawer() {
  const place = use((now) => now.evidence);
  return place ? <Drawer key={`${place.run}/${place.case}/${place.guarantee}`} {...place} of={place.case} /> : null;
}

function Drawer({ run: id, of, guarantee: index }: { run: string; of: string; guarantee: number }) {
  const run = useRun(id);
  const [told, setTold] = useState<Evidence | null>(null);
  const [error, setError] = useState<string | null>(null);
  const root = useRef<HTMLElement>(null);
  const close = () => {
    set({ evidence: null });
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`.cell[data-case="${CSS.escape(of)}"][data-metric="${CSS.escape(line?.metric ?? "")}"]`)?.focus());
  };
  const known: Guarantee | undefined = run?.cases.find((one) => one.case === of)?.guarantees[index];
  const line: Omit<Guarantee, "story"> | null = told ?? known ?? null;
  useEffect(() => {
    let current = true;
    api.evidence(id, of, index).then(
      (found) => current && setTold(found),
      (problem: Error) => current && setError(problem.message),
    );
    root.current?.focus();
    return () => {
      current = false;
    };
  }, [id, of, index]);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) close();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  });
  const series = run?.series[of];
  const lines = useMemo((): Line[] => {
    if (!series || !line) return [];
    const named = told?.series ?? [];
    const wanted = named.filter((metric) => series[metric]);
    const unit = series[line.metric]?.unit ?? (wanted[0] ? series[wanted[0]]?.unit : undefined);
    const list = series[line.metric] ? [line.metric, ...wanted.filter((metric) => metric !== line.metric && series[metric]?.unit === unit)] : wanted.filter((metric) => series[metric]?.unit === unit);
    return list.slice(0, 5).map((metric, i) => ({ metric, label: metric, colour: `flow-${i}` }));
    // eslint-disable-next-line
  }, [series, told, line?.metric, run?.over]);
  const story = useMemo((): Told | null => {
    if (known?.story) return known.story;
    if (!told?.story) return null;
    const lines = told.story.lines.filter((one): one is StoryLine => typeof one !== "string");
    return { said: told.story.said, omitted: told.story.omitted, lines: lines.length ? lines : told.rows.slice(0, 30) };
  }, [known, told]);
  const unit = lines[0] && series ? (series[lines[0].metric]?.unit ?? "count") : "count";
  return (
    <aside className="evidence" aria-label="Evidence" tabIndex={-1} ref={root}>
      <header>
        <div>
          <p className="eyebrow">Evidence · {of}</p>
          <h2><code>{line?.guarantee ?? "…"}</code></h2>
        </div>
        <Button kind="quiet" icon="close" aria-label="Close the evidence" title="Close (Esc)" onClick={close} />
      </header>
      <div className="evidence-body">
        {error && !line && <p className="bad-note">{error}</p>}
        {line && (
          <>
            <section className={`ruling ${line.verdict}`}>
              <Badge verdict={line.verdict} />
              <b>{show(line.value, line.unit)}</b>
              <span>
                {line.low !== null && line.high !== null && line.low !== line.high ? `${show(line.low, line.unit)} to ${show(line.high, line.unit)}, ` : ""}
                bound {line.comparison} {show(line.bound, line.unit)}
                {line.margin !== null && line.margin !== undefined ? ` · ${line.margin >= 0 ? `${percent(line.margin)} inside` : `${percent(-line.margin)} outside`}` : ""}
              </span>
            </section>
            <Gauge line={line} />
            {line.evidence && <p className="evidence-why">{line.evidence}</p>}
            {(line.degraded || line.rough) && (
              <p className="warn-note">
                {line.degraded && "This case relaxes the bound on purpose. "}
                {line.rough && "A scale model tells this within its factor only."}
              </p>
            )}
          </>
        )}
        {series && lines.length > 0 && line && (
          <section>
            <h3>Over time</h3>
            <Plot
              title={lines.length === 1 ? lines[0]!.label : series[line.metric] ? line.metric : `Around ${line.metric}`} unit={unit} series={series} lines={lines} faults={run?.faults[of]}
              bound={series[line.metric] && unit === line.unit ? { value: line.bound, comparison: line.comparison } : null} height={170}
              version={run?.version ?? 0}
            />
          </section>
        )}
        {story && (
          <section>
            <h3>One of them, told</h3>
            <Story story={story} />
          </section>
        )}
        {told && told.rows.length > 0 && (
          <section>
            <h3>History rows</h3>
            <Rows rows={told.rows} />
          </section>
        )}
        {told && !story && !told.rows.length && line && (
          <p className="muted note">
            <Icon name={VERDICTS[line.verdict].icon} size={13} /> {line.verdict === "holds" ? "Nothing broke here, so there is no story and no rows to show." : "The run kept no history rows for this."}
          </p>
        )}
        {!told && !error && <p className="muted note">Looking for rows…</p>}
      </div>
    </aside>
  );
}

/** The value and its interval on a line, with the side of the bound that is promised. */
export function Gauge({ line }: { line: Omit<Guarantee, "story"> }) {
  if (line.value === null) return null;
  const values = [line.value, line.low ?? line.value, line.high ?? line.value, line.bound];
  const close = line.unit === "ratio" && Math.min(...values) > 0.9 && Math.max(...values) <= 1;
  const low = close ? Math.min(...values) - (1 - Math.min(...values)) * 0.3 : 0;
  const high = close ? 1 : Math.max(...values, low + 1e-12) * 1.15 || 1;
  const x = (value: number) => 2 + 96 * Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
  const below = line.comparison.startsWith("<") || line.comparison === "==";
  return (
    <div className="gauge" aria-hidden="true">
      <div className="gauge-line">
        <i className="gauge-good" style={below ? { left: 0, width: `${x(line.bound)}%` } : { left: `${x(line.bound)}%`, right: 0 }} />
        <i className={`gauge-span ${line.verdict}`} style={{ left: `${x(line.low ?? line.value)}%`, width: `${Math.max(0.6, x(line.high ?? line.value) - x(line.low ?? line.value))}%` }} />
        <i className={`gauge-value ${line.verdict}`} style={{ left: `${x(line.value)}%` }} />
        <i className="gauge-bound" style={{ left: `${x(line.bound)}%` }} />
      </div>
      <div className="gauge-text">
        <span style={{ left: `${x(line.bound)}%` }} className={x(line.bound) > 80 ? "end" : x(line.bound) < 20 ? "start" : ""}>{line.comparison} {show(line.bound, line.unit)}</span>
      </div>
    </div>
  );
}

function Rows({ rows }: { rows: StoryLine[] }) {
  const columns = useMemo(() => {
    const found = new Set<string>();
    for (const row of rows) for (const [name, value] of Object.entries(row)) if (value !== null && value !== "" && value !== undefined) found.add(name);
    return [...found];
  }, [rows]);
  const cell = (value: unknown): string =>
    value === null || value === undefined ? "" : typeof value === "number" ? (Number.isInteger(value) ? String(value) : digits(value, 9)) : typeof value === "object" ? JSON.stringify(value) : String(value);
  return (
    <div className="scroll-x rows" tabIndex={0} role="group" aria-label="History rows">
      <table>
        <thead><tr>{columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        <tbody>
          {rows.map((row, i) => <tr key={i}>{columns.map((name) => <td key={name}>{cell(row[name as keyof StoryLine])}</td>)}</tr>)}
        </tbody>
      </table>
      {rows.length >= 200 && <p className="muted note">The first 200 rows.</p>}
    </div>
  );
}
