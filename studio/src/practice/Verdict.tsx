/** The end: how the session reads, criterion by criterion with its evidence, beside the timeline that it rests on. */

import { useEffect, useState, type FormEvent } from "react";
import { openStart, say, toDesigns } from "../actions";
import { Icon } from "../ui/icons";
import { Button, Dialog, Empty, Popover, Tabs, useWidth } from "../ui/kit";
import { practice } from "./api";
import { capital, clockText } from "./clock";
import { Exports } from "./Home";
import { score, setRoom, useRoom } from "./state";
import { Timeline } from "./Timeline";
import { PHASES, type CriterionVerdict, type Judgement, type Override, type Quote, type View } from "./types";

const AXES = ["breadth", "depth", "proactiveness"] as const;
const LEVELS = ["0", "1", "2", "3", "4", "not assessed"];
const NARROW = 1040;

export function Verdict() {
  const view = useRoom((now) => now.view)!;
  const narrow = useWidth() < NARROW;
  const [side, setSide] = useState<"verdict" | "timeline">("verdict");
  const moment = useRoom((now) => now.moment);
  useEffect(() => {
    if (moment !== null) setSide("timeline");
  }, [moment]);
  return (
    <div className={`verdict-page${narrow ? " one" : ""}`}>
      {narrow && <Tabs label="Parts" className="pane-tabs" value={side} onChange={setSide} tabs={[{ id: "verdict", label: "Verdict" }, { id: "timeline", label: "Timeline" }]} />}
      {(!narrow || side === "verdict") && (
        <section className="judged" data-region="dock" aria-label="Verdict" tabIndex={-1}>
          <Head view={view} />
          {view.setup.drill ? <Points view={view} /> : view.judgement ? <Judged judgement={view.judgement} view={view} /> : <Scoring />}
        </section>
      )}
      {(!narrow || side === "timeline") && <Timeline />}
    </div>
  );
}

function Head({ view }: { view: View }) {
  const [shown, setShown] = useState(false);
  return (
    <header className="page-head">
      <div><h2>{view.title}</h2></div>
      <div className="row">
        {view.blueprint && <Button icon="file" onClick={() => setShown(true)}>Your design</Button>}
        {view.worked && <Button icon="gallery" title="Opens the worked design among the designs: one good answer, not the answer" onClick={() => void toDesigns(() => openStart(view.worked!))}>Worked design</Button>}
        <Popover button={<><Icon name="download" size={14} />Export</>} label="Export" align="right">{() => <div className="menu"><Exports id={view.id} /></div>}</Popover>
        <a className="button plain" href="#/practice">All sessions</a>
      </div>
      <p className="muted">{view.prompt} {view.setup.drill ? `A drill: ${view.setup.drill}.` : `${view.setup.format === "free" ? "No clock" : `${view.setup.format} minutes`}, aimed at ${view.setup.level}, ${view.setup.style} interviewer, ${clockText(view.state.now)} on the clock.`}</p>
      {shown && (
        <Dialog title="Your design" onClose={() => setShown(false)} className="wide-dialog">
          <header><h2>Your design, as it was at the end</h2><Button kind="quiet" icon="close" aria-label="Close" onClick={() => setShown(false)} /></header>
          <pre tabIndex={0}>{view.blueprint}</pre>
        </Dialog>
      )}
    </header>
  );
}

function Scoring() {
  const judging = useRoom((now) => now.judging);
  const error = useRoom((now) => now.scoreError);
  if (error) {
    return <Empty title="It could not be judged" icon="warning"><p>{error}</p><Button kind="primary" onClick={() => void score()}>Try again</Button></Empty>;
  }
  const share = judging ? judging.number / judging.of : 0;
  return (
    <div className="scoring" role="status">
      <h3>Judging the session</h3>
      <div className="bar" role="progressbar" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} aria-label="Judged so far"><i style={{ transform: `scaleX(${share})` }} /></div>
      <p className="muted">{judging ? `${judging.number} of ${judging.of}: ${judging.criterion}` : "Its design is run, and each criterion looked for in what was said, written and run."}</p>
    </div>
  );
}

function Judged({ judgement, view }: { judgement: Judgement; view: View }) {
  const overrides = new Map(view.overrides.map((one) => [one.criterion, one]));
  return (
    <>
      <Read judgement={judgement} />
      {judgement.problems.map((one) => <p key={one} className="warn-note">Not judged: {one}</p>)}
      {judgement.raises.length > 0 && (
        <section className="raises" aria-labelledby="raises-head">
          <h3 id="raises-head">{judgement.raises.length === 1 ? "The change" : `The ${judgement.raises.length === 2 ? "two" : "three"} changes`} that would raise the read most</h3>
          <ol>{judgement.raises.map((one) => <li key={one.criterion}><b>{one.title}</b> <span className="gain">+{one.gain.toFixed(1)}</span><p>{one.how}</p><small className="muted">with it alone: {one.read}</small></li>)}</ol>
        </section>
      )}
      <Pen judgement={judgement} />
      {AXES.map((axis) => (
        <section key={axis} className="axis" aria-labelledby={`axis-${axis}`}>
          <h3 id={`axis-${axis}`}>{capital(axis)} <Meter value={judgement.axes[axis] ?? null} /></h3>
          <ul>{judgement.verdicts.filter((one) => one.axis === axis).map((one) => <Criterion key={one.criterion} one={one} override={overrides.get(one.criterion)} id={view.id} />)}</ul>
        </section>
      ))}
      {judgement.comparison.length > 0 && (
        <section className="compared" aria-labelledby="compared-head">
          <h3 id="compared-head">Beside the worked design</h3>
          <p className="muted">One good answer, not the answer.</p>
          <ul>
            {judgement.comparison.map((one) => (
              <li key={one.name}>
                <div><small className="muted">worked</small><p>{one.worked}</p></div>
                <div><small className="muted">yours</small>{one.yours ? <p>{one.event !== null ? <button type="button" className="link" onClick={() => setRoom({ moment: one.event })}>{one.yours}</button> : one.yours}</p> : <p className="muted">nothing was said of it</p>}</div>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Read({ judgement }: { judgement: Judgement }) {
  const short = Object.entries(judgement.short)[0];
  return (
    <div className="read">
      <div className="read-level">
        <small className="muted">reads as</small>
        <b>{judgement.read}</b>
        <span className="muted">{judgement.confidence} confidence, aimed at {judgement.aimed}</span>
      </div>
      <dl>
        {AXES.map((axis) => <div key={axis}><dt>{axis}</dt><dd><Meter value={judgement.axes[axis] ?? null} /></dd></div>)}
        <div><dt>score</dt><dd><b>{Math.round(judgement.score)}</b> <span className="muted">of 100</span></dd></div>
      </dl>
      {short && short[1].length > 0 && (
        <div className="short"><small className="muted">for {short[0]} it lacks</small><ul>{short[1].slice(0, 4).map((one) => <li key={one}>{one}</li>)}</ul></div>
      )}
    </div>
  );
}

function Meter({ value }: { value: number | null }) {
  if (value === null) return <span className="muted">not assessed</span>;
  return <span className="grade-meter"><span className="bar"><i style={{ transform: `scaleX(${value / 4})` }} /></span><b>{value.toFixed(1)}</b></span>;
}

function Pen({ judgement }: { judgement: Judgement }) {
  if (!judgement.pen.length) return null;
  return (
    <section className="pen" aria-labelledby="pen-head">
      <h3 id="pen-head">Who held the pen</h3>
      <p className="legend-line"><i className="candidate" /> you <i className="interviewer" /> interviewer <i className="silent" /> silence</p>
      <ul>
        {judgement.pen.map((one) => (
          <li key={one.phase}>
            <span>{capital(PHASES[one.phase] ?? one.phase)}</span>
            <span className="shares" title={`you ${percent(one.candidate)}, interviewer ${percent(one.interviewer)}, silence ${percent(one.silent)}`}>
              {(["candidate", "interviewer", "silent"] as const).filter((who) => one[who] > 0).map((who) => <i key={who} className={who} style={{ flexGrow: one[who] }} />)}
            </span>
            <span className="muted">{percent(one.candidate)} you</span>
            <time>{clockText(one.seconds)}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

function Criterion({ one, override, id }: { one: CriterionVerdict; override: Override | undefined; id: string }) {
  const [open, setOpen] = useState(false);
  const [all, setAll] = useState(false);
  const quotes = all ? one.quotes : one.quotes.slice(0, 3);
  return (
    <li className={`criterion${one.assessed ? "" : " unassessed"}`}>
      <div className="criterion-head">
        <Level level={one.assessed ? one.level : null} />
        <div>
          <b>{one.title}</b>
          <p>{one.says}</p>
          {one.next && <p className="muted next-level">Next: {one.next}</p>}
        </div>
        <Button kind="quiet" icon="pen" aria-label={`Override ${one.title}`} aria-expanded={open} title="Give it another level, with a reason" onClick={() => setOpen(!open)} />
      </div>
      {override && <p className="override"><b>A reviewer gives {override.level}</b>, because {override.because}</p>}
      {open && <OverrideForm id={id} one={one} done={() => setOpen(false)} />}
      {quotes.length > 0 && <ul className="quotes">{quotes.map((quote, i) => <QuoteLine key={i} quote={quote} />)}</ul>}
      {one.quotes.length > 3 && <button type="button" className="link more" onClick={() => setAll(!all)}>{all ? "Fewer" : `All ${one.quotes.length} pieces of evidence`}</button>}
    </li>
  );
}

function Level({ level }: { level: number | null }) {
  return (
    <span className={`level-dots${level === null ? " none" : ""}`} role="img" aria-label={level === null ? "not assessed" : `${level} of 4`}>
      {level === null ? "–" : [1, 2, 3, 4].map((n) => <i key={n} className={n <= level ? "on" : ""} />)}
    </span>
  );
}

function QuoteLine({ quote }: { quote: Quote }) {
  const words = <>“{quote.words}”</>;
  return (
    <li className={quote.points < 0 ? "against" : ""}>
      {quote.event !== null
        ? <button type="button" className="quote" onClick={() => setRoom({ moment: quote.event })} title="See it on the timeline"><time>{clockText(quote.at)}</time><span className="words">{words}</span></button>
        : <span className="quote"><time>{quote.source}</time><span className="words">{words}</span></span>}
      <span className="shows">{quote.shows}</span>
    </li>
  );
}

function OverrideForm({ id, one, done }: { id: string; one: CriterionVerdict; done: () => void }) {
  const [level, setLevel] = useState(one.assessed ? String(one.level) : "not assessed");
  const [because, setBecause] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    practice.override(id, one.criterion, level, because).then((view) => {
      setRoom({ view });
      done();
    }, say);
  };
  return (
    <form className="override-form" onSubmit={submit} aria-label={`Override ${one.title}`}>
      <label className="field"><span>Level</span><select value={level} onChange={(event) => setLevel(event.target.value)}>{LEVELS.map((name) => <option key={name}>{name}</option>)}</select></label>
      <label className="field grow"><span>Because</span><input autoFocus required value={because} onChange={(event) => setBecause(event.target.value)} maxLength={4000} placeholder="what was said at 12:30 shows it" /></label>
      <button type="submit" className="button primary" disabled={!because.trim()}>Keep</button>
      <Button onClick={done}>Cancel</Button>
    </form>
  );
}

function Points({ view }: { view: View }) {
  if (!view.points.length) return <Empty title="Nothing was come to">The next drill may go further.</Empty>;
  return (
    <ul className="points">
      {view.points.map((one, i) => (
        <li key={i}>
          <span className={`dot ${one.met === true ? "holds" : one.met === false ? "broken" : "unknown"}`} title={one.met === true ? "yes" : one.met === false ? "no" : "see for yourself"}><Icon name={one.met === true ? "check" : one.met === false ? "cross" : "question"} size={11} /></span>
          <div><b>{one.about}</b>{one.yours && <p>You: {one.yours}</p>}{one.good.map((good) => <p key={good} className="muted">{good}</p>)}</div>
        </li>
      ))}
    </ul>
  );
}
