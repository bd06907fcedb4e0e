/** The design on paper: what the closed form says, following the text. */

import { useState } from "react";
import { selectNode } from "../actions";
import { loadClass } from "../diagram/load";
import { percent, show, times } from "../format";
import { use } from "../store";
import { Icon, kindIcon } from "../ui/icons";
import { Empty } from "../ui/kit";

export function EstimatePanel() {
  const estimate = use((now) => now.good.estimate);
  const stale = use((now) => now.stale);
  const selected = use((now) => now.selectedNode);
  const [all, setAll] = useState(false);
  if (!estimate) return <Empty title="No estimate yet" icon="clockwork">{stale ?? "Open a design to see its numbers."}</Empty>;
  const components = Object.entries(estimate.components);
  const flows = Object.entries(estimate.flows);
  const numbers = Object.entries(estimate.estimates);
  const shown = all ? numbers : numbers.slice(0, 8);
  const first = estimate.first_to_saturate;
  return (
    <div className={`estimate${stale ? " stale" : ""}`}>
      <div className="tiles">
        <div className="tile">
          <span>Cost</span>
          <b>{show(estimate.cost, "USD/month")}</b>
        </div>
        <button type="button" className={`tile as-button${first && first.at_load < 1 ? " bad" : ""}`} disabled={!first} onClick={() => first && selectNode(first.component)}>
          <span>Full first</span>
          <b>{first ? `${first.component} at ${times(first.at_load)}` : "nothing"}</b>
          {first && <small>{first.limited_by}</small>}
        </button>
        <div className="tile">
          <span>Parts</span>
          <b>{components.length}</b>
          <small>{components.reduce((sum, [, one]) => sum + one.nodes, 0)} machines</small>
        </div>
      </div>
      <div className="scroll-x">
        <table className="numbers">
          <caption>Components{estimate.load === 1 ? "" : ` at ${times(estimate.load)}`}</caption>
          <thead>
            <tr><th scope="col">component</th><th>nodes</th><th>rate</th><th>busy</th><th>wait</th><th>p99</th><th>full at</th><th>cost</th></tr>
          </thead>
          <tbody>
            {components.map(([name, one]) => (
              <tr key={name} className={name === selected ? "selected" : ""}>
                <th scope="row">
                  <button type="button" className="link" onClick={() => selectNode(name)}>
                    <Icon name={kindIcon(one.kind)} size={13} />{name}
                  </button>
                </th>
                <td>{one.nodes}</td>
                <td>{show(one.rate, "1/s")}</td>
                <td className={`load load-${loadClass(one.utilisation)}`}>
                  <span className="meter"><i style={{ width: `${Math.min(100, (one.utilisation ?? 0) * 100)}%` }} /></span>
                  <span className="busy">{one.utilisation === null ? "–" : percent(one.utilisation)}</span>
                </td>
                <td>{show(one.wait_mean_s !== null && one.wait_mean_s < 1e-7 ? 0 : one.wait_mean_s, "s")}</td>
                <td>{show(one.p99_s, "s")}</td>
                <td title={one.limited_by ?? undefined}>{times(one.saturates_at)}</td>
                <td>{show(one.cost, "USD/month")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="scroll-x">
        <table className="numbers">
          <caption>Flows</caption>
          <thead><tr><th scope="col">flow</th><th>rate</th><th>p50</th><th>p95</th><th>p99</th><th>age p99</th><th>availability</th></tr></thead>
          <tbody>
            {flows.map(([name, one]) => (
              <tr key={name} className={name === selected ? "selected" : ""}>
                <th scope="row"><button type="button" className="link" onClick={() => selectNode(name)}>{name}</button></th>
                <td>{show(one.rate, "1/s")}</td>
                <td>{show(one.p50_s, "s")}</td>
                <td>{show(one.p95_s, "s")}</td>
                <td>{show(one.p99_s, "s")}</td>
                <td>{show(one.age_p99_s, "s")}</td>
                <td>{show(one.availability, "ratio")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {numbers.length > 0 && (
        <div className="scroll-x">
          <table className="numbers">
            <caption>Numbers</caption>
            <tbody>
              {shown.map(([name, one]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="strong">{one.text}{one.p5 !== undefined && one.p95 !== undefined ? <small> {show(one.p5, one.unit)} to {show(one.p95, one.unit)}</small> : null}</td>
                  <td className="formula">{one.formula === one.text ? "" : one.formula}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {numbers.length > shown.length && <button type="button" className="link more" onClick={() => setAll(true)}>All {numbers.length} numbers</button>}
        </div>
      )}
      {estimate.notes.map((note) => <p key={note} className="muted note">{note}</p>)}
    </div>
  );
}
