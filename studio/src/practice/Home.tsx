/** What can be practised, how, and the sessions that are kept. */

import { useState, type FormEvent } from "react";
import { say } from "../actions";
import { clock as dayTime } from "../format";
import { Icon } from "../ui/icons";
import { Button, Empty, Popover } from "../ui/kit";
import { kept } from "../store";
import { practice, type Order } from "./api";
import { clockText } from "./clock";
import { getRoom, goHash, hashOf, loadHome, setRoom, start, useRoom } from "./state";
import type { Drill, Entry, Format, Level, Listed, Style } from "./types";

export const LEVELS: Level[] = ["mid", "senior", "staff"];
const FORMATS: { id: Format; name: string; says: string }[] = [
  { id: "45", name: "45 minutes", says: "five stretches of the clock" },
  { id: "60", name: "60 minutes", says: "seven phases" },
  { id: "free", name: "No clock", says: "the phases, without a budget" },
];
const STYLES: { id: Style; name: string; says: string }[] = [
  { id: "quiet", name: "Quiet", says: "lets you go on" },
  { id: "steering", name: "Steering", says: "follows up, and moves you on once" },
  { id: "adversarial", name: "Adversarial", says: "pushes back" },
];
export const DRILLS: { id: Drill; name: string; says: string }[] = [
  { id: "", name: "Whole interview", says: "all phases, judged" },
  { id: "estimation", name: "Estimation", says: "ten minutes of figures on the pad" },
  { id: "scoping", name: "Scoping", says: "ten minutes of questions before any box" },
  { id: "curveball", name: "Curveball", says: "ten minutes of what goes wrong" },
  { id: "tradeoff", name: "Trade-off", says: "ten minutes of decisions with their price" },
];

export function Home() {
  const home = useRoom((now) => now.home);
  const [topic, setTopic] = useState<string | null>(null);
  const [level, setLevel] = useState<Level | null>(null);
  const [system, setSystem] = useState<string | null>(null);
  if (!home) return <p className="muted note opening">Looking what can be practised…</p>;
  const topics = [...new Set(home.systems.flatMap((one) => one.topics))].sort();
  const shown = home.systems.filter((one) => (topic === null || one.topics.includes(topic)) && (level === null || one.difficulty === level));
  return (
    <div className="home" data-region="dock" tabIndex={-1}>
      <section className="choose" aria-labelledby="choose-head">
        <header className="page-head">
          <div>
            <h2 id="choose-head">Practise an interview</h2>
            <p className="muted">You hold the pen. Ask, promise with figures, draw as text, run it, and say what each choice costs.</p>
          </div>
          <a className="button plain" href="#/practice/progress">Progress and drills</a>
        </header>
        <Filters topics={topics} topic={topic} setTopic={setTopic} level={level} setLevel={setLevel} />
        <ul className="cards" aria-label="Systems">
          <li>
            <button type="button" className="card draw" aria-pressed={system === null} onClick={() => setSystem(null)}>
              <b>Draw one for me</b>
              <span>One {topic ? `about ${topic}` : "of any topic"} that you have practised least. You see the prompt when the clock starts.</span>
            </button>
          </li>
          {shown.map((one) => <Card key={one.name} one={one} chosen={system === one.name} choose={() => setSystem(one.name)} times={home.sessions.filter((s) => s.setup.system === one.name).length} />)}
        </ul>
        {!shown.length && <p className="muted note">No system is of this topic and this difficulty.</p>}
      </section>
      <aside className="beside">
        <SetUp system={home.systems.find((one) => one.name === system) ?? null} topic={topic} />
        <Sessions sessions={home.sessions} />
      </aside>
    </div>
  );
}

function Filters({ topics, topic, setTopic, level, setLevel }: {
  topics: string[]; topic: string | null; setTopic: (one: string | null) => void; level: Level | null; setLevel: (one: Level | null) => void;
}) {
  return (
    <div className="filters">
      <div className="chips" role="group" aria-label="Topic">
        <button type="button" aria-pressed={topic === null} onClick={() => setTopic(null)}>all topics</button>
        {topics.map((one) => <button type="button" key={one} aria-pressed={topic === one} onClick={() => setTopic(topic === one ? null : one)}>{one}</button>)}
      </div>
      <div className="segmented" role="group" aria-label="Difficulty">
        <button type="button" aria-pressed={level === null} onClick={() => setLevel(null)}>any</button>
        {LEVELS.map((one) => <button type="button" key={one} aria-pressed={level === one} onClick={() => setLevel(one)}>{one}</button>)}
      </div>
    </div>
  );
}

function Card({ one, chosen, choose, times }: { one: Entry; chosen: boolean; choose: () => void; times: number }) {
  return (
    <li>
      <button type="button" className="card" aria-pressed={chosen} onClick={choose}>
        <b>{one.title}</b>
        <span>{one.prompt}</span>
        <small><i className={`level ${one.difficulty}`}>{one.difficulty}</i> {one.topics.join(", ")}{times ? ` · practised ${times}×` : ""}</small>
      </button>
    </li>
  );
}

function SetUp({ system, topic }: { system: Entry | null; topic: string | null }) {
  const starting = useRoom((now) => now.starting);
  const [order, setOrder] = useState<Omit<Order, "system" | "topic">>(
    () => kept.read("practice.order") ?? { level: "senior", format: "45", style: "steering", drill: "" },
  );
  const change = (part: Partial<typeof order>) => {
    const next = { ...order, ...part };
    kept.write("practice.order", next);
    setOrder(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void start({ ...order, system: system?.name ?? null, topic: system ? null : topic });
  };
  const drill = DRILLS.find((one) => one.id === order.drill)!;
  return (
    <form className="set-up" onSubmit={submit} aria-label="Set up the session">
      <h3>{system ? system.title : "A system that is drawn"}</h3>
      <label className="field"><span>What</span>
        <select value={order.drill} onChange={(event) => change({ drill: event.target.value as Drill })}>
          {DRILLS.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select>
        <small className="muted">{drill.says}</small>
      </label>
      <Choice label="Level aimed for" value={order.level} options={LEVELS.map((id) => ({ id, name: id, says: "" }))} onChange={(level) => change({ level })} />
      {order.drill === "" && <Choice label="Clock" value={order.format} options={FORMATS} onChange={(format) => change({ format })} />}
      {order.drill === "" && <Choice label="Interviewer" value={order.style} options={STYLES} onChange={(style) => change({ style })} />}
      <button type="submit" className="button primary start" disabled={starting}>{starting ? "Starting…" : "Start the clock"}</button>
    </form>
  );
}

function Choice<T extends string>({ label, value, options, onChange }: {
  label: string; value: T; options: { id: T; name: string; says: string }[]; onChange: (id: T) => void;
}) {
  const says = options.find((one) => one.id === value)?.says;
  return (
    <div className="field" role="group" aria-label={label}>
      <span>{label}</span>
      <div className="segmented wide">
        {options.map((one) => <button type="button" key={one.id} aria-pressed={value === one.id} onClick={() => onChange(one.id)}>{one.name}</button>)}
      </div>
      {says && <small className="muted">{says}</small>}
    </div>
  );
}

function Sessions({ sessions }: { sessions: Listed[] }) {
  return (
    <section className="sessions" aria-labelledby="sessions-head">
      <h3 id="sessions-head">Your sessions {sessions.length ? <span className="count">{sessions.length}</span> : null}</h3>
      {!sessions.length && <Empty title="None yet">What you practise is kept here, and can be gone on with.</Empty>}
      <ul className="items">{sessions.map((one) => <SessionItem key={one.id} one={one} />)}</ul>
    </section>
  );
}

function SessionItem({ one }: { one: Listed }) {
  const [renaming, setRenaming] = useState(false);
  const state = one.ended ? (one.setup.drill ? "drill, over" : (one.read ?? "not judged yet")) : one.open ? "going on" : "to be gone on with";
  const changed = (call: Promise<{ sessions: Listed[] }>) =>
    call.then(({ sessions }) => setRoom({ home: { ...getRoom().home!, sessions } })).catch((error: unknown) => {
      say(error);
      void loadHome();
    });
  if (renaming) {
    return (
      <li>
        <form className="rename" onSubmit={(event) => {
          event.preventDefault();
          const name = new FormData(event.currentTarget).get("name")?.toString().trim() ?? "";
          if (name !== one.name) void changed(practice.rename(one.id, name));
          setRenaming(false);
        }}>
          <input name="name" defaultValue={one.name} placeholder={one.title} autoFocus maxLength={80} aria-label="Name of the session" onBlur={(event) => event.currentTarget.form?.requestSubmit()} onKeyDown={(event) => event.key === "Escape" && setRenaming(false)} />
        </form>
      </li>
    );
  }
  return (
    <li className="session-item">
      <button type="button" className="item" onClick={() => goHash(hashOf(one.id))} title={one.ended ? `Open ${one.title}` : `Go on with ${one.title}`}>
        <b><span className="clip">{one.title}</span><span className={`state-word ${one.ended ? "ended" : "goes"}`}>{state}</span></b>
        <span>{one.id} · {one.setup.drill ? `${one.setup.drill} drill` : `aimed at ${one.setup.level}`} · {clockText(one.clock_s)} · {dayTime(one.created_s)}</span>
      </button>
      <Popover button={<span className="sr">Of {one.title}</span>} label={`What to do with ${one.title}`} align="right" className="more">
        {(done) => <SessionMenu one={one} done={done} rename={() => setRenaming(true)} remove={() => void changed(practice.remove(one.id))} />}
      </Popover>
    </li>
  );
}

function SessionMenu({ one, done, rename, remove }: { one: Listed; done: () => void; rename: () => void; remove: () => void }) {
  const [sure, setSure] = useState(false);
  return (
    <div className="menu">
      <button type="button" data-item data-first onClick={() => { done(); rename(); }}><Icon name="pen" size={14} /> Rename</button>
      <Exports id={one.id} />
      {sure
        ? <p className="really">Delete it with its {one.events} events and its blueprint? <Button kind="danger" onClick={() => { done(); remove(); }}>Delete</Button> <Button onClick={() => setSure(false)}>Keep</Button></p>
        : <button type="button" data-item onClick={() => setSure(true)}><Icon name="trash" size={14} /> Delete…</button>}
    </div>
  );
}

export function Exports({ id }: { id: string }) {
  return (
    <>
      {[["html", "HTML"], ["md", "Markdown"], ["json", "JSON"]].map(([form, name]) => (
        <a key={form} data-item href={practice.exportUrl(id, form!)} download><Icon name="download" size={14} /> Export as {name}</a>
      ))}
    </>
  );
}
