/** The interview: the clock, the interviewer, the candidate's text with its diagram, and what was written down. */

import { Fragment, Suspense, lazy, useEffect, useRef, useState, type ReactNode } from "react";
import { editor } from "../editor/editor";
import { EstimatePanel } from "../panels/Estimate";
import { FindingsPanel } from "../panels/Findings";
import { get, kept, set, toast, use } from "../store";
import { Icon } from "../ui/icons";
import { Button, Dialog, Empty, Guard, Popover, Splitter, Tabs, useWidth } from "../ui/kit";
import { clockText, useNow } from "./clock";
import { Decisions } from "./Decisions";
import { insert, KINDS, type Part } from "./insert";
import { Notes } from "./Notes";
import { PadPanel } from "./PadPanel";
import { Runs } from "./Runs";
import { act, getRoom, goHash, saveNow, setRoom, tryOut, useRoom, type RoomPane, type Tab } from "./state";
import { Talk } from "./Talk";
import { PHASES, type Slot } from "./types";

const Diagram = lazy(() => import("../diagram/Diagram").then((found) => ({ default: found.Diagram })));
const NARROW = 1040;
const TABS: { id: Tab; label: string }[] = [
  { id: "notes", label: "Notes" }, { id: "pad", label: "Pad" }, { id: "decisions", label: "Decisions" },
  { id: "estimate", label: "Estimate" }, { id: "findings", label: "Problems" }, { id: "runs", label: "Runs" },
];
const PANES: { id: RoomPane; label: string }[] = [
  { id: "talk", label: "Interviewer" }, { id: "dock", label: "Notes and results" }, { id: "text", label: "Blueprint" }, { id: "diagram", label: "Diagram" },
];

export function Interview() {
  const narrow = useWidth() < NARROW;
  const pane = useRoom((now) => now.pane);
  const paused = useRoom((now) => now.clock?.paused ?? false);
  const [down, setDown] = useState(() => kept.read<number>("practice.down") ?? 0.44);
  const [across, setAcross] = useState(() => kept.read<number>("practice.across") ?? 0.46);
  useKeys();
  const style = { "--down": down, "--across": across } as React.CSSProperties;
  return (
    <div className={`interview${paused ? " paused" : ""}`} style={style} data-pane={narrow ? pane : undefined}>
      <ClockBar />
      {narrow && <Tabs<RoomPane> label="Panels" className="pane-tabs" value={pane} onChange={(id) => setRoom({ pane: id })} tabs={PANES} />}
      {paused && (
        <div className="banner" role="alert">
          <Icon name="clockwork" size={14} /><span>The clock stands still. What you write in the blueprint is kept when it goes on.</span>
          <Button kind="primary" onClick={() => void act("unpause")}>Go on</Button>
        </div>
      )}
      <div className="desk">
        <Region name="talk" label="Interviewer"><Talk /></Region>
        <div className="bench">
          <Region name="text" label="Blueprint"><TextPane /></Region>
          {!narrow && <Splitter vertical label="Blueprint and results" value={across} min={0.25} max={0.7} onChange={(share) => { setAcross(share); kept.write("practice.across", share); }} />}
          <div className="bench-right">
            <Region name="diagram" label="Diagram"><DiagramPane /></Region>
            {!narrow && <Splitter vertical={false} label="Diagram and notes" value={down} min={0.15} max={0.8} onChange={(share) => { setDown(share); kept.write("practice.down", share); }} />}
            <Region name="dock" label="Notes and results"><Dock /></Region>
          </div>
        </div>
      </div>
    </div>
  );
}

function Region({ name, label, children }: { name: RoomPane; label: string; children: ReactNode }) {
  return <section className={`region area-${name}`} data-region={name} aria-label={label} tabIndex={-1}><Guard>{children}</Guard></section>;
}

function useKeys(): void {
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open]")) return;
      const mod = event.ctrlKey || event.metaKey;
      const take = (does: () => void) => {
        event.preventDefault();
        event.stopPropagation();
        does();
      };
      if (mod && event.key === "Enter") take(run);
      else if (mod && !event.shiftKey && event.key.toLowerCase() === "s") take(() => void saveNow());
      else if (event.key === "F1") take(() => set({ dialog: "keys" }));
      else if (event.altKey && !mod && /^Digit[1-6]$/.test(event.code)) take(() => setTab(TABS[Number(event.code.slice(5)) - 1]!.id));
      else if (event.altKey && !mod && event.code === "KeyT") take(() => { setRoom({ pane: "talk" }); requestAnimationFrame(() => document.getElementById("talk-field")?.focus()); });
      else if (event.altKey && !mod && event.code === "KeyB") take(() => { setRoom({ pane: "text" }); requestAnimationFrame(() => editor.focus()); });
      else if (event.altKey && !mod && event.code === "KeyP") take(() => void act(getRoom().clock?.paused ? "unpause" : "pause"));
      else if (event.altKey && !mod && event.code === "KeyN") take(() => getRoom().clock?.next && void act("next"));
    };
    addEventListener("keydown", key, true);
    return () => removeEventListener("keydown", key, true);
  }, []);
}

function setTab(tab: Tab): void {
  kept.write("practice.tab", tab);
  setRoom({ tab, pane: "dock" });
}

/* ------------------------------------------------------------------ the clock */

function ClockBar() {
  const view = useRoom((now) => now.view)!;
  const clock = useRoom((now) => now.clock)!;
  const [ending, setEnding] = useState(false);
  const now = useNow();
  const passed = now - clock.now;
  const place = clock.place;
  const left = place?.left_s == null ? null : place.left_s - passed;
  const drill = view.setup.drill !== "";
  const total = view.slots.every((one) => one.seconds !== null) ? view.slots.reduce((sum, one) => sum + one.seconds!, 0) : null;
  const next = clock.next;
  return (
    <div className="clock-bar">
      <div className="task">
        <b className="clip">{view.title}</b>
        <span className="muted clip" title={view.prompt}>{view.prompt}</span>
      </div>
      <ol className="slots" aria-label="Phases">
        {view.slots.map((one, i) => <SlotBar key={i} slot={one} at={i} now={place?.slot ?? 0} left={left} phase={place?.phase ?? ""} />)}
      </ol>
      <div className={`time${left !== null && left < 0 ? " over" : ""}`} role="timer" aria-label="Time">
        <b>{clockText(now)}</b><span className="muted">{total === null ? "" : ` of ${clockText(total)}`}</span>
        <small>{clock.paused ? "paused" : clock.working ? "stands still, running" : left === null ? PHASES[place?.phase ?? ""] ?? "" : left < 0 ? `${clockText(-left)} over in this phase` : `${clockText(left)} left in this phase`}</small>
      </div>
      <div className="clock-tools">
        <Button icon={clock.paused ? "play" : "pause"} aria-label={clock.paused ? "Go on" : "Pause"} title={`${clock.paused ? "Let the clock go on" : "Stop the clock, which is recorded"} (Alt+P)`} onClick={() => void act(clock.paused ? "unpause" : "pause")} />
        {(next || drill) && <Button icon="right" disabled={clock.paused} title={drill ? "Ask for the next one" : `On to: ${PHASES[next!]} (Alt+N)`} onClick={() => void act("next")}>{drill ? "Next one" : <>Next<span className="next-name">: {PHASES[next!]}</span></>}</Button>}
        <Button kind="danger" icon="stop" title="End the session" onClick={() => setEnding(true)}>End</Button>
      </div>
      {ending && (
        <Dialog title="End the session" onClose={() => setEnding(false)} className="small">
          <header><h2>End the session?</h2></header>
          <p>{drill ? "You see at once how each of its points went." : "It is judged then, and the worked design can be seen. A session that has ended cannot be gone on with."}</p>
          <footer>
            <Button onClick={() => setEnding(false)}>Go on</Button>
            <Button onClick={() => { setEnding(false); goHash("#/practice"); }}>Leave it for later</Button>
            <Button kind="primary" autoFocus onClick={() => { setEnding(false); void saveNow().then(() => act("end")); }}>End it</Button>
          </footer>
        </Dialog>
      )}
    </div>
  );
}

function SlotBar({ slot, at, now, left, phase }: { slot: Slot; at: number; now: number; left: number | null; phase: string }) {
  const share = at < now ? 1 : at > now || slot.seconds === null || left === null ? 0 : Math.min(1, 1 - left / slot.seconds);
  const late = at === now && left !== null && left < 0;
  const names = slot.phases.map((one) => PHASES[one] ?? one);
  return (
    <li className={`slot${at === now ? " now" : at < now ? " past" : ""}${late ? " late" : ""}`} style={{ flexGrow: slot.seconds ?? 1 }} aria-current={at === now ? "step" : undefined} title={slot.lead}>
      <span className="clip">{slot.phases.map((one, i) => <Fragment key={one}>{i ? ", " : ""}<span className={one === phase && at === now ? "here" : ""}>{names[i]}</span></Fragment>)}</span>
      <i><b style={{ transform: `scaleX(${share})` }} /></i>
    </li>
  );
}

/* ------------------------------------------------------------------ the text */

const INSERTS: { part: Part; name: string }[] = [
  { part: { sort: "flow" }, name: "Flow" }, { part: { sort: "entity" }, name: "Entity" }, { part: { sort: "api" }, name: "API call" },
  { part: { sort: "case" }, name: "Case" }, { part: { sort: "decision" }, name: "Decision" },
];

function put(part: Part): void {
  const found = insert(editor.text(), part);
  if (!found) {
    toast("That section is written in one line: put its entries on lines of their own first.");
    return;
  }
  editor.replace(found.text);
  editor.select(found.from, found.to);
}

function TextPane() {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => editor.mount(parent.current!), []);
  return (
    <div className="editor-pane">
      <div className="text-tools">
        <Popover button={<><Icon name="plus" size={13} />Insert</>} label="Insert a part" title="Insert a part into the text">
          {(done) => (
            <div className="menu parts">
              <p className="muted">A component</p>
              <div className="kinds">
                {KINDS.map((kind, i) => <button type="button" key={kind} data-item {...(i === 0 ? { "data-first": "" } : {})} onClick={() => { done(); put({ sort: "component", kind }); }}>{kind.replaceAll("_", " ")}</button>)}
              </div>
              <p className="muted">Or</p>
              <div className="kinds">
                {INSERTS.map((one) => <button type="button" key={one.name} data-item onClick={() => { done(); put(one.part); }}>{one.name}</button>)}
              </div>
            </div>
          )}
        </Popover>
        <span className="grow" />
        <Tries />
      </div>
      <div className="editor" ref={parent} />
      <StatusLine />
    </div>
  );
}

/** Runs the chosen case, if the design still has it, or all. */
function run(): void {
  const { runCase } = getRoom();
  void tryOut("run", get().good.blueprint?.cases.includes(runCase) ? runCase : "");
}

function Tries() {
  const still = useRoom((now) => !!now.clock?.paused || !!now.clock?.working);
  const working = useRoom((now) => now.clock?.working ?? false);
  const cases = use((now) => now.good.blueprint?.cases);
  const chosen = useRoom((now) => now.runCase);
  return (
    <>
      <Button disabled={still} onClick={() => void tryOut("estimate")} title="Estimate it in closed form, which is recorded">Estimate</Button>
      <Button disabled={still} onClick={() => void tryOut("review")} title="What is wrong with it on paper, which is recorded">Review</Button>
      {(cases?.length ?? 0) > 1 && (
        <select aria-label="Case to run" value={chosen} onChange={(event) => setRoom({ runCase: event.target.value })}>
          <option value="">all cases</option>
          {cases!.map((one) => <option key={one}>{one}</option>)}
        </select>
      )}
      <Button kind="primary" icon="play" disabled={still} onClick={run} title="Run it as far as it is wired (Ctrl+Enter)">{working ? "Running…" : "Run"}</Button>
    </>
  );
}

const SAVED: Record<string, string> = {
  saved: "Kept", typed: "Not kept yet", saving: "Keeping…", away: "The server is away; kept in this browser",
};

function StatusLine() {
  const first = use((now) => now.problems.find((one) => one.severity === "error") ?? null);
  const drawn = use((now) => now.good.diagram !== null);
  const saving = useRoom((now) => now.saving);
  return (
    <div className="status-line" role="status">
      {first
        ? <button type="button" className="link todo" onClick={() => editor.toLine(first.line ?? 1, first.column ?? 1)}><Icon name="warning" size={12} /> <span className="clip">line {first.line}: {first.message}</span></button>
        : <span className="muted">{drawn ? "The text is read as far as it goes" : ""}</span>}
      <span className="grow" />
      <span className={`kept ${saving}`}>{saving === "saved" && <Icon name="check" size={12} />}{SAVED[saving]}</span>
    </div>
  );
}

/* ------------------------------------------------------------------ diagram and dock */

function DiagramPane() {
  const drawn = use((now) => now.good.diagram !== null);
  const leftOut = useRoom((now) => now.leftOut);
  if (!drawn) {
    return (
      <div className="canvas nothing">
        <p>The diagram grows with the text. <b>Insert</b> writes a first component; a flow with its rate makes numbers.</p>
      </div>
    );
  }
  return (
    <>
      <Suspense fallback={null}><Diagram /></Suspense>
      {leftOut.length > 0 && <p className="left-out clip" title={leftOut.join("\n")}><Icon name="warning" size={12} /> as far as it is wired: without {leftOut[0]}{leftOut.length > 1 ? `, and ${leftOut.length - 1} more` : ""}</p>}
    </>
  );
}

/** What cannot be read of the text. What is wrong with the design is told by a review, which is asked for and counts. */
function Problems() {
  const any = use((now) => now.problems.length > 0);
  return any ? <FindingsPanel /> : <Empty title="Nothing is wrong with the text" icon="check">“Review” says what is wrong with the design on paper; it is recorded, as in the interview you would ask for it.</Empty>;
}

function Dock() {
  const tab = useRoom((now) => now.tab);
  const events = useRoom((now) => now.events);
  const errors = use((now) => now.problems.filter((one) => one.severity === "error").length);
  const count = (kinds: string[]) => events.filter((one) => kinds.includes(one.kind)).length;
  const shown = (n: number) => (n ? <span className="count">{n}</span> : null);
  const badge: Partial<Record<Tab, ReactNode>> = {
    notes: shown(count(["required", "assumed"])), pad: shown(count(["estimated"])), decisions: shown(count(["decided"])),
    findings: shown(errors), runs: shown(count(["ran", "curveball"])),
  };
  return (
    <>
      <div className="dock-head"><Tabs<Tab> label="Notes and results" value={tab} onChange={setTab} controls="dock" tabs={TABS.map((one, i) => ({ ...one, badge: badge[one.id], title: `${one.label} (Alt+${i + 1})` }))} /></div>
      <div className="dock" role="tabpanel" id="dock" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
        <Guard again={tab}>
          {tab === "notes" && <Notes />}
          {tab === "pad" && <PadPanel />}
          {tab === "decisions" && <Decisions />}
          {tab === "estimate" && <EstimatePanel />}
          {tab === "findings" && <Problems />}
          {tab === "runs" && <Runs />}
        </Guard>
      </div>
    </>
  );
}
