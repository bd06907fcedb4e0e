/** Cases by guarantees. Every cell opens its evidence. */

import { show } from "../format";
import { useRun } from "../live";
import { set, use } from "../store";
import type { CaseResult, Guarantee } from "../types";
import { Icon } from "../ui/icons";
import { Badge, Empty, VERDICTS } from "../ui/kit";

/** The lines of the contract, in their order, over all cases. */
export function contractOf(cases: { guarantees: Guarantee[] }[]): string[] {
  const found: string[] = [];
  for (const one of cases) for (const line of one.guarantees) if (!found.includes(line.metric)) found.push(line.metric);
  return found;
}

export function VerdictPanel() {
  const runId = use((now) => now.runId);
  const evidence = use((now) => now.evidence);
  const run = useRun(runId);
  if (!run || run.gone) return <Empty title="No verdict yet" icon="check">Run the design: every case is judged against every guarantee.</Empty>;
  const { cases } = run;
  if (!cases.length) {
    return run.error
      ? <Empty title="The run failed" icon="warning">{run.error.message}</Empty>
      : <Empty title={run.over ? "Nothing was judged" : "The first case is not decided yet"} icon="clockwork" />;
  }
  const metrics = contractOf(cases);
  const text = (metric: string) => cases.flatMap((one) => one.guarantees).find((one) => one.metric === metric)?.guarantee ?? metric;
  const check = run.check;
  return (
    <div className="verdict">
      <p className="verdict-sum">
        {check && <Badge verdict={check.verdict} />}
        <span>
          <b>{run.meta?.name || run.meta?.blueprint}</b>
          {run.meta?.variant ? `, variant ${run.meta.variant}` : ""}
          {check ? ` · ${Math.round(check.confidence * 1000) / 10} % intervals` : ""}
          {run.over ? "" : " · still running"}
        </span>
      </p>
      <div className="scroll-x">
        <table className="matrix">
          <thead>
            <tr>
              <th scope="col">guarantee</th>
              {cases.map((one) => <CaseHead key={one.case} one={one} />)}
            </tr>
          </thead>
          <tbody>
            {metrics.map((metric) => (
              <tr key={metric}>
                <th scope="row"><code>{text(metric)}</code></th>
                {cases.map((one) => {
                  const index = one.guarantees.findIndex((line) => line.metric === metric);
                  const line = one.guarantees[index];
                  if (!line) return <td key={one.case} className="absent">–</td>;
                  const open = evidence?.run === run.id && evidence.case === one.case && evidence.guarantee === index;
                  return (
                    <td key={one.case}>
                      <button
                        type="button" className={`cell ${line.verdict}${open ? " open" : ""}`} aria-expanded={open}
                        aria-label={`${line.guarantee} in ${one.case}: ${line.verdict}, ${show(line.value, line.unit)}. Open the evidence.`}
                        data-case={one.case} data-metric={metric}
                        onClick={() => set({ evidence: { run: run.id, case: one.case, guarantee: index } })}
                      >
                        <Icon name={VERDICTS[line.verdict].icon} size={12} />
                        <span>{show(line.value, line.unit)}</span>
                        {line.degraded && <em title="the case relaxes this bound">degraded</em>}
                        {line.rough && <em title="a scale model tells this within its factor only">rough</em>}
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {check?.decided?.map((one) => (
        <p key={one.decision} className="note"><Badge verdict={one.verdict} /> decision <b>{one.decision}</b>: said to break {one.said.join(", ") || "nothing"}; broke {one.broken.join(", ") || "nothing"}</p>
      ))}
      {cases.flatMap((one) => [...one.notes, ...(one.partial ? [one.partial] : [])].map((note) => (
        <p key={`${one.case}${note}`} className="note muted"><b>{one.case}</b>: {note}</p>
      )))}
    </div>
  );
}

function CaseHead({ one }: { one: CaseResult }) {
  return (
    <th scope="col" className="case-head">
      <span>{one.case}</span>
      <small className={one.verdict}>
        <Icon name={VERDICTS[one.verdict].icon} size={11} /> {one.verdict} · {one.seeds.length} {one.seeds.length === 1 ? "seed" : "seeds"}{one.scale > 1 ? ` · 1:${one.scale}` : ""}
      </small>
    </th>
  );
}
