/** The estimate pad: lines with units, computed from one another and from what the interviewer told. */

import { useRef, type FormEvent } from "react";
import { Button } from "../ui/kit";
import { useField } from "./fields";
import { act, useRoom } from "./state";

export function PadPanel() {
  const events = useRoom((now) => now.events);
  const pad = useRoom((now) => now.pad);
  const paused = useRoom((now) => now.clock?.paused ?? false);
  const [name, setName] = useField("pad.name");
  const [formula, setFormula] = useField("pad.formula");
  const first = useRef<HTMLInputElement>(null);
  const lines = events.filter((one) => one.kind === "estimated");
  const newest = new Map(lines.map((one) => [one.name, one.number]));
  const told = Object.entries(pad.told);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // "rate = users * 40 /day" may be typed into either field
    const [, left, right] = /^\s*([A-Za-z_]\w*)\s*=\s*(.+)$/.exec(name || formula) ?? [];
    const line = left && (!name || !formula) ? { name: left, formula: right! } : { name, formula };
    if (!line.name.trim() || !line.formula.trim()) return;
    if (await act("estimate", line)) {
      setName("");
      setFormula("");
      first.current?.focus();
    }
  };
  return (
    <div className="room-panel pad">
      {told.length > 0 && (
        <p className="told"><span className="muted">Told by the interviewer, to be used by name:</span> {told.map(([key, value]) => <button type="button" key={key} className="tag" title="Use it in the formula" onClick={() => setFormula(`${formula}${formula && !/\s$/.test(formula) ? " " : ""}${key}`)}><b>{key}</b> {value}</button>)}</p>
      )}
      {lines.length > 0 && (
        <table className="numbers">
          <tbody>
            {lines.map((one) => {
              const problem = pad.problems[one.number];
              return (
                <tr key={one.number} className={newest.get(one.name) === one.number ? "" : "replaced"}>
                  <th scope="row">{one.name}</th>
                  <td className="formula">{one.formula}</td>
                  <td className="strong">{one.value || (problem ? <span className="bad" role="note">{problem.message}{problem.hint && <small>{problem.hint}</small>}</span> : "–")}</td>
                  <td><Button kind="quiet" icon="pen" aria-label={`Correct ${one.name}`} title="Write it anew; the line before stays, struck out" onClick={() => { setName(one.name!); setFormula(one.formula!); first.current?.focus(); }} /></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <form className="pad-line" onSubmit={(event) => void submit(event)}>
        <input ref={first} value={name} onChange={(event) => setName(event.target.value)} placeholder="rate" aria-label="Name of the line" disabled={paused} spellCheck={false} />
        <span aria-hidden="true">=</span>
        <input value={formula} onChange={(event) => setFormula(event.target.value)} placeholder="users * 3 /day" aria-label="Formula" disabled={paused} spellCheck={false} />
        <Button icon="plus" type="submit" aria-label="Add the line" disabled={paused || !(name.trim() && formula.trim()) && !/=/.test(name + formula)} />
      </form>
      <p className="muted note">Units go with the numbers: 10M user, 1 kB, 3 /day, 99.9 %. A line may use the names of others.</p>
    </div>
  );
}
