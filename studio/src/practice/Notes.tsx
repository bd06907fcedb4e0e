/** Requirements and assumptions, written down. What was written stays: a session is judged by what happened in it. */

import type { FormEvent } from "react";
import { Button } from "../ui/kit";
import { clockText } from "./clock";
import { useField } from "./fields";
import { act, useRoom } from "./state";
import type { SessionEvent, Sort } from "./types";

const LISTS: { sort: Sort | "assumed"; name: string; hint: string }[] = [
  { sort: "functional", name: "It does", hint: "what a user can do" },
  { sort: "deferred", name: "Left for later", hint: "what is left out on purpose" },
  { sort: "contract", name: "It promises", hint: "a figure, as p95 < 300 ms" },
  { sort: "hard_part", name: "The hard part", hint: "what makes it hard" },
  { sort: "assumed", name: "Assumed", hint: "what you take as given" },
];

export function Notes() {
  const events = useRoom((now) => now.events);
  return (
    <div className="room-panel notes">
      {LISTS.map((one) => (
        <List key={one.sort} {...one} items={events.filter((e) => (one.sort === "assumed" ? e.kind === "assumed" : e.kind === "required" && e.sort === one.sort))} />
      ))}
    </div>
  );
}

function List({ sort, name, hint, items }: { sort: Sort | "assumed"; name: string; hint: string; items: SessionEvent[] }) {
  const [text, setText] = useField(sort);
  const paused = useRoom((now) => now.clock?.paused ?? false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    if (await (sort === "assumed" ? act("assume", { text }) : act("require", { sort, text }))) setText("");
  };
  return (
    <section aria-label={name}>
      <h3>{name} {items.length > 0 && <span className="count">{items.length}</span>}</h3>
      <ul>{items.map((one) => <li key={one.number}><span>{one.text}</span><time>{clockText(one.at)}</time></li>)}</ul>
      <form onSubmit={(event) => void submit(event)}>
        <input value={text} onChange={(event) => setText(event.target.value)} placeholder={hint} aria-label={`${name}: add`} maxLength={4000} disabled={paused} />
        <Button icon="plus" type="submit" aria-label={`Add to: ${name}`} disabled={paused || !text.trim()} />
      </form>
    </section>
  );
}
