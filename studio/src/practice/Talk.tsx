/** The conversation: what the interviewer says, what was said to him, and what is typed next. */

import { Fragment, memo, useEffect, useLayoutEffect, useRef, useState, type FormEvent } from "react";
import { Icon } from "../ui/icons";
import { Button } from "../ui/kit";
import { clockText } from "./clock";
import { useField } from "./fields";
import { Effect, Outcome } from "./Runs";
import { doing } from "./Timeline";
import { act, setRoom, useRoom } from "./state";
import { PHASES, type SessionEvent } from "./types";

const AS = [
  { id: "", name: "Auto", says: "A question is asked, an assumption is stated, the rest is said aloud" },
  { id: "ask", name: "Ask", says: "A question to the interviewer" },
  { id: "say", name: "Say", says: "Said aloud: a thought, a reason, an answer" },
  { id: "assume", name: "Assume", says: "An assumption, stated" },
] as const;

/** How the words of a terminal read on a page. */
export const plain = (text: string): string => text.replace(/ \(\/next\)/g, "").replace(/: \/end\./g, ".").replace(/\/(next|end)\b/g, "$1");

export function Talk() {
  const events = useRoom((now) => now.events);
  const view = useRoom((now) => now.view)!;
  const list = useRef<HTMLDivElement>(null);
  const stick = useRef(true);
  useLayoutEffect(() => {
    if (stick.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [events]);
  return (
    <div className="talk">
      <div
        className="said-list" ref={list} tabIndex={0} role="log" aria-label="Conversation"
        onScroll={(event) => {
          const box = event.currentTarget;
          stick.current = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
        }}
      >
        <div className="said interviewer prompt"><p>{view.prompt}</p></div>
        {view.setup.drill && <p className="clock-line">{DRILLED[view.setup.drill]}</p>}
        {events.map((one) => <Line key={one.number} one={one} events={events} />)}
      </div>
      <Field />
    </div>
  );
}

const DRILLED: Record<string, string> = {
  estimation: "Work out each figure on the pad; “Next one” asks for another.",
  scoping: "Ask what you need to know before drawing anything. What is left to you, assume.",
  curveball: "Say what happens, who notices, and what you do; “Next one” throws another.",
  tradeoff: "Decide, with the price, under Decisions; “Next one” asks again.",
};
const REPLIES = ["prompted", "curveball", "changed", "steered"];

const Line = memo(function Line({ one, events }: { one: SessionEvent; events: SessionEvent[] }) {
  switch (one.kind) {
    case "entered":
      return <p className="phase-line"><span>{PHASES[one.phase!] ?? one.phase}</span><time>{clockText(one.at)}</time></p>;
    case "wrote":
    case "asked_for_hint":
    case "ended":
      return null;
    case "paused":
    case "resumed":
      return <p className="clock-line">{one.kind === "paused" ? "the clock stands still" : "the clock goes on"} <time>{clockText(one.at)}</time></p>;
    case "warned":
      return <p className="clock-line warned"><Icon name="clockwork" size={12} /> {plain(one.text!)}</p>;
    case "ran":
      return <div className="aside"><Outcome one={one} /></div>;
    case "required":
    case "assumed":
    case "estimated":
    case "decided":
      return <p className="aside note-line"><b>{doing(one)}</b> {one.kind === "estimated" ? `${one.name} = ${one.formula}${one.value ? ` = ${one.value}` : ""}` : one.text}</p>;
  }
  const mine = one.who === "candidate";
  const to = mine && one.to != null ? events[one.to] : null;
  return (
    <div className={`said ${mine ? "candidate" : "interviewer"} ${one.kind}`} data-event={one.number}>
      {!mine && one.kind !== "answered" && one.kind !== "prompted" && <small className="what"><Icon name={one.kind === "curveball" ? "bolt" : one.kind === "hint" ? "question" : "right"} size={12} /> {one.label}</small>}
      {to && <small className="what"><span className="lead">answers</span> <span className="clip">{to.text}</span></small>}
      <p>{one.text}</p>
      {one.kind === "curveball" && <Effect one={one} />}
      {REPLIES.includes(one.kind) && (
        <button type="button" className="link reply" onClick={() => { setRoom({ replyTo: one.number }); document.getElementById("talk-field")?.focus(); }}>Reply</button>
      )}
    </div>
  );
}, (a, b) => a.one === b.one);

function Field() {
  const [text, setText] = useField("talk");
  const [as, setAs] = useState<string>("");
  const [sending, setSending] = useState(false);
  const replyTo = useRoom((now) => now.replyTo);
  const events = useRoom((now) => now.events);
  const paused = useRoom((now) => now.clock?.paused ?? false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  useLayoutEffect(() => {
    const box = field.current!;
    box.style.height = "auto";
    box.style.height = `${Math.min(150, box.scrollHeight + 2)}px`;
  }, [text]);
  const send = async (event?: FormEvent) => {
    event?.preventDefault();
    if (!text.trim() || sending || paused) return;
    setSending(true);
    const said = text;
    setText("");
    const ok = await act("talk", { text: said, as: replyTo === null ? as : "say", to: replyTo });
    if (ok) setRoom({ replyTo: null });
    else setText(said);
    setSending(false);
    field.current?.focus();
  };
  return (
    <form className="say" onSubmit={(event) => void send(event)}>
      {replyTo !== null && (
        <p className="reply-to"><span className="clip">Reply to: {events[replyTo]?.text}</span><Button kind="quiet" icon="close" aria-label="Reply to nothing" onClick={() => setRoom({ replyTo: null })} /></p>
      )}
      <textarea
        id="talk-field" ref={field} rows={2} value={text} maxLength={4000} aria-label="To the interviewer" disabled={paused}
        placeholder={paused ? "The clock stands still" : replyTo !== null ? "Your reply" : "Ask, or think aloud"}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            void send();
          } else if (event.key === "Escape" && replyTo !== null) setRoom({ replyTo: null });
        }}
      />
      <div className="say-tools">
        <div className="segmented" role="group" aria-label="How it is meant">
          {AS.map((one) => <button type="button" key={one.id} aria-pressed={as === one.id} title={one.says} disabled={replyTo !== null} onClick={() => setAs(one.id)}>{one.name}</button>)}
        </div>
        <span className="grow" />
        <Button kind="quiet" icon="question" disabled={paused} title="Ask for a hint, which is recorded" onClick={() => void act("hint")}>Hint</Button>
        <button type="submit" className="button primary" disabled={paused || sending || !text.trim()}>Send</button>
      </div>
    </form>
  );
}

export function Lines({ text }: { text: string }) {
  return <>{text.split("\n").map((line, i) => <Fragment key={i}>{i > 0 && <br />}{line}</Fragment>)}</>;
}
