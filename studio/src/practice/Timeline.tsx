/** A session on its timeline: all that happened, and a strip of who did what when. */

import { useEffect, useMemo, useRef, useState } from "react";
import { capital, clockText } from "./clock";
import { OutcomeBadge } from "./Runs";
import { setRoom, useRoom } from "./state";
import { plain } from "./Talk";
import { PHASES, type SessionEvent } from "./types";

export function Timeline() {
  const events = useRoom((now) => now.events);
  const moment = useRoom((now) => now.moment);
  const total = useRoom((now) => now.clock?.now ?? 0);
  const [query, setQuery] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const rows = useMemo(() => collapsed(events), [events]);
  useEffect(() => {
    if (moment === null) return;
    const row = rows.find((one) => one.first <= moment && moment <= one.last);
    list.current?.querySelector<HTMLElement>(`[data-row="${row?.last}"]`)?.scrollIntoView({ block: "center" });
  }, [moment, rows]);
  const words = query.toLowerCase();
  const shown = rows.filter((row) => !words || textOf(row.event).toLowerCase().includes(words));
  return (
    <section className="timeline" data-region="text" aria-label="Timeline" tabIndex={-1}>
      <header>
        <h3>Timeline</h3>
        <input type="search" placeholder="Search what was said" aria-label="Search the timeline" value={query} onChange={(event) => setQuery(event.target.value)} />
      </header>
      <Strip events={events} total={total} moment={moment} />
      <ol ref={list}>
        {shown.map(({ event, first, last }) => (
          <li
            key={last} data-row={last} data-event={event.number}
            className={`${event.who} ${event.kind}${moment !== null && first <= moment && moment <= last ? " moment" : ""}`}
          >
            {event.kind === "entered"
              ? <h4>{capital(PHASES[event.phase!] ?? event.phase!)} <time>{clockText(event.at)}</time></h4>
              : <><time>{clockText(event.at)}</time><div><small>{doing(event)}{event.outcome && event.outcome !== "done" ? " " : ""}<OutcomeBadge outcome={event.outcome} /></small>{textOf(event) && <p>{textOf(event)}</p>}</div></>}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Who did what, in words: "you ask", "interviewer answers". */
export function doing(one: SessionEvent): string {
  if (one.who === "candidate") return `you ${one.label.replace(/^(\w+)s\b/, "$1")}`;
  return one.who === "clock" ? one.label : `interviewer ${one.label}`;
}

interface Row {
  event: SessionEvent;
  first: number;
  last: number;
}

/** Of writing that goes on the last is shown, as one row. */
export function collapsed(events: SessionEvent[]): Row[] {
  const rows: Row[] = [];
  for (const event of events) {
    const before = rows.at(-1);
    if (event.kind === "wrote" && before?.event.kind === "wrote") rows[rows.length - 1] = { event, first: before.first, last: event.number };
    else rows.push({ event, first: event.number, last: event.number });
  }
  return rows;
}

export function textOf(one: SessionEvent): string {
  if (one.kind === "wrote") return `the blueprint, ${one.lines} lines`;
  if (one.kind === "estimated") return `${one.name} = ${one.formula}${one.value ? ` = ${one.value}` : ""}`;
  if (one.kind === "ran") return `${one.what}${one.case ? ` of ${one.case}` : ""}${one.text ? `\n${one.text}` : ""}`;
  if (one.kind === "curveball") return `${one.text}${one.effect ? `\n${one.effect}` : ""}`;
  return one.text ? plain(one.text) : "";
}

const LANES = ["candidate", "interviewer"] as const;
const WIDTH = 1000;

/** One mark for each thing that was done, on a lane of who did it. */
function Strip({ events, total, moment }: { events: SessionEvent[]; total: number; moment: number | null }) {
  const x = (at: number) => (total > 0 ? (at / total) * WIDTH : 0);
  const at = moment === null ? null : events[moment]?.at;
  return (
    <svg className="strip" viewBox={`0 0 ${WIDTH} 40`} preserveAspectRatio="none" role="img" aria-label="Who did what when: your marks above, the interviewer's below">
      {events.filter((one) => one.kind === "entered").map((one) => <line key={one.number} x1={x(one.at)} x2={x(one.at)} y1={0} y2={40} className="phase" />)}
      {LANES.map((who, lane) => events.filter((one) => one.who === who).map((one) => (
        <rect key={one.number} x={x(one.at) - 1.5} width={3} y={lane * 20 + 4} height={12} className={`${who} ${one.kind}`} onClick={() => setRoom({ moment: one.number })}><title>{`${clockText(one.at)} ${one.label}`}</title></rect>
      )))}
      {at !== null && at !== undefined && <line x1={x(at)} x2={x(at)} y1={0} y2={40} className="here" />}
    </svg>
  );
}
