/** How practice goes: what was read, what stays weak, what comes next. */

import { clock as dayTime } from "../format";
import { Button, Empty } from "../ui/kit";
import { DRILLS } from "./Home";
import { goHash, hashOf, start, useRoom } from "./state";
import type { Drill, Level } from "./types";

const DEFAULTS = { format: "45", style: "steering", topic: null } as const;

export function ProgressPage() {
  const found = useRoom((now) => now.progress);
  const starting = useRoom((now) => now.starting);
  if (!found) return <p className="muted note opening">Looking how practice goes…</p>;
  const title = (name: string) => found.titles[name] ?? name;
  const begin = (system: string | null, drill: Drill, level: Level = "senior") => void start({ ...DEFAULTS, system, drill, level });
  return (
    <div className="home progress-page" data-region="dock" tabIndex={-1}>
      <section className="choose">
        <header className="page-head">
          <div><h2>Progress</h2><p className="muted">Sessions that were judged, the criteria that stay weak in the last five, and what to take up next.</p></div>
          <a className="button plain" href="#/practice">All systems and sessions</a>
        </header>
        {!found.sessions.length && <Empty title="Nothing was judged yet">The first whole interview that you end is read here.</Empty>}
        {found.sessions.length > 0 && (
          <table className="numbers past">
            <caption>Sessions</caption>
            <thead><tr><th scope="col">session</th><th>read</th><th>aimed</th><th>score</th><th>breadth</th><th>depth</th><th>proactive</th></tr></thead>
            <tbody>
              {found.sessions.map((one) => (
                <tr key={one.id}>
                  <th scope="row"><a href={hashOf(one.id)}>{title(one.system)}</a> <small className="muted">{dayTime(one.ended_s)}</small></th>
                  <td className="strong">{one.read}</td><td>{one.aimed}</td>
                  <td><span className="meter"><i style={{ width: `${one.score}%` }} /></span> {Math.round(one.score)}</td>
                  {["breadth", "depth", "proactiveness"].map((axis) => <td key={axis}>{one.axes[axis]?.toFixed(1) ?? "–"}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {found.unjudged.length > 0 && <p className="note">Not judged yet: {found.unjudged.map((id) => <Button key={id} onClick={() => goHash(hashOf(id))}>{id}</Button>)}</p>}
        {found.weak.length > 0 && <h3 className="head">What stays weak</h3>}
        <ul className="weak">
          {found.weak.map((one) => (
            <li key={one.criterion}>
              <span className="grade">{one.level.toFixed(1)}<small>of 4</small></span>
              <div><b>{one.title}</b> <small className="muted">{one.axis}, over {one.sessions} {one.sessions === 1 ? "session" : "sessions"}</small><p>{one.next}</p></div>
              <Button disabled={starting} onClick={() => begin(null, one.drill)}>Drill {one.drill}</Button>
            </li>
          ))}
        </ul>
      </section>
      <aside className="beside">
        <section>
          <h3 className="head">What comes next</h3>
          <ul className="nexts">
            {found.next.map((one) => (
              <li key={one.system}>
                <div><b>{title(one.system)}</b><p className="muted">{one.difficulty}, {one.why}</p></div>
                <Button disabled={starting} onClick={() => begin(one.system, "", one.difficulty)}>Start</Button>
              </li>
            ))}
          </ul>
        </section>
        <section>
          <h3 className="head">Drills of ten minutes</h3>
          <ul className="nexts">
            {DRILLS.filter((one) => one.id).map((one) => (
              <li key={one.id}><div><b>{one.name}</b><p className="muted">{one.says}</p></div><Button disabled={starting} onClick={() => begin(null, one.id)}>Drill</Button></li>
            ))}
          </ul>
        </section>
      </aside>
    </div>
  );
}
