/** Decisions with their price: chose, over, because, at the cost of, flips when. */

import type { FormEvent } from "react";
import { clockText } from "./clock";
import { useField } from "./fields";
import { act, useRoom } from "./state";

const PARTS = [
  { id: "chose", name: "Chose", hint: "what you take" },
  { id: "over", name: "over", hint: "what else there was" },
  { id: "because", name: "because", hint: "the reason" },
  { id: "cost", name: "at the cost of", hint: "the price" },
  { id: "flips_when", name: "flips when", hint: "what would change it" },
] as const;

export function Decisions() {
  const decided = useRoom((now) => now.events).filter((one) => one.kind === "decided");
  const paused = useRoom((now) => now.clock?.paused ?? false);
  const fields = Object.fromEntries(PARTS.map((one) => [one.id, useField(`decision.${one.id}`)]));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const given = Object.fromEntries(PARTS.map((one) => [one.id, fields[one.id]![0]]));
    if (!given.chose?.trim()) return;
    if (await act("decide", given)) for (const one of PARTS) fields[one.id]![1]("");
  };
  return (
    <div className="room-panel decisions">
      <ul>
        {decided.map((one) => (
          <li key={one.number}>
            <p><b>{one.chose}</b>{one.over && <> over {one.over}</>} <time>{clockText(one.at)}</time></p>
            <dl>
              {one.because && <div><dt>because</dt><dd>{one.because}</dd></div>}
              {one.cost && <div><dt>at the cost of</dt><dd>{one.cost}</dd></div>}
              {one.flips_when && <div><dt>flips when</dt><dd>{one.flips_when}</dd></div>}
            </dl>
            {(!one.over || !one.because || !one.cost || !one.flips_when) && <p className="muted">without {[!one.over && "what else there was", !one.because && "a reason", !one.cost && "a price", !one.flips_when && "when it flips"].filter(Boolean).join(", ")}</p>}
          </li>
        ))}
      </ul>
      <form onSubmit={(event) => void submit(event)} aria-label="A decision">
        {PARTS.map((one) => (
          <label key={one.id}><span>{one.name}</span>
            <input value={fields[one.id]![0]} onChange={(event) => fields[one.id]![1](event.target.value)} placeholder={one.hint} maxLength={4000} disabled={paused} />
          </label>
        ))}
        <button type="submit" className="button primary" disabled={paused || !fields.chose![0].trim()}>Decide</button>
      </form>
    </div>
  );
}
