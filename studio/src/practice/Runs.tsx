/** What came of the design when it was estimated, reviewed or run, and of the curveballs that were thrown into it. */

import { Icon, type IconName } from "../ui/icons";
import { Empty } from "../ui/kit";
import { clockText } from "./clock";
import { useRoom } from "./state";
import type { SessionEvent } from "./types";

const LOOKS: Record<string, { word: string; look: string; icon: IconName }> = {
  holds: { word: "holds", look: "holds", icon: "check" },
  broken: { word: "broken", look: "broken", icon: "cross" },
  undecided: { word: "undecided", look: "unknown", icon: "question" },
  refused: { word: "cannot be run yet", look: "unknown", icon: "question" },
  not_run: { word: "not run", look: "unknown", icon: "question" },
};

export function OutcomeBadge({ outcome }: { outcome: string | undefined }) {
  const found = LOOKS[outcome ?? ""];
  return found ? <span className={`badge ${found.look}`}><Icon name={found.icon} size={12} />{found.word}</span> : null;
}

export function Outcome({ one }: { one: SessionEvent }) {
  return (
    <div className="outcome">
      <p><b>{one.what === "run" ? `Run${one.case ? ` of ${one.case}` : ""}` : one.what === "review" ? "Review" : "Estimate"}</b> <OutcomeBadge outcome={one.outcome} /> <time>{clockText(one.at)}</time></p>
      {one.text && <ul>{one.text.split("\n").map((line, i) => <li key={i}>{line}</li>)}</ul>}
    </div>
  );
}

/** What a curveball did to the design. */
export function Effect({ one }: { one: SessionEvent }) {
  if (!one.effect && (one.outcome === "not_run" || !one.outcome)) return null;
  return <div className="effect"><OutcomeBadge outcome={one.outcome} />{one.effect && <p>{one.effect}</p>}</div>;
}

export function Runs() {
  const events = useRoom((now) => now.events);
  const working = useRoom((now) => now.clock?.working ?? false);
  const compiling = useRoom((now) => now.clock?.compiling ?? false);
  const shown = events.filter((one) => one.kind === "ran" || one.kind === "curveball").reverse();
  return (
    <div className="room-panel">
      {working && <p className="note working"><span className="pulse" /> {compiling ? "The engine is compiled first, once on this machine; about a minute." : "The design is being looked at."} The clock stands still meanwhile.</p>}
      {!shown.length && !working && <Empty title="Nothing was run yet" icon="play">Estimate, review or run the blueprint, as far as it is wired. What is found stands here, and counts.</Empty>}
      {shown.map((one) => one.kind === "ran"
        ? <Outcome key={one.number} one={one} />
        : (
          <div className="outcome thrown" key={one.number}>
            <p><Icon name="bolt" size={13} /> <b>{one.name!.replaceAll("_", " ")}</b> <OutcomeBadge outcome={one.outcome} /> <time>{clockText(one.at)}</time></p>
            <p>{one.text}</p>
            {one.effect && <p className="muted">{one.effect}</p>}
          </div>
        ))}
    </div>
  );
}
