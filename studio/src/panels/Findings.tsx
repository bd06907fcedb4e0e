/** What is wrong on paper: errors of the text, findings of the review, what mends them. */

import { fix } from "../actions";
import { editor } from "../editor/editor";
import { get, set, use } from "../store";
import type { Finding, Problem, Severity } from "../types";
import { Icon, type IconName } from "../ui/icons";
import { Button, Empty } from "../ui/kit";

const ICONS: Record<Severity, IconName> = { error: "cross", warning: "warning", note: "question" };

export function FindingsPanel() {
  const problems = use((now) => now.problems);
  const findings = use((now) => now.findings);
  const doc = use((now) => now.doc);
  if (!doc) return <Empty title="Nothing is open" />;
  if (!problems.length && !findings.length) {
    return <Empty title="Nothing found" icon="check">No rule of the review has anything to say of this design.</Empty>;
  }
  return (
    <ul className="findings">
      {problems.map((one, i) => <Item key={`p${i}`} one={one} />)}
      {findings.map((one) => <Item key={`f${one.index}-${one.line}`} one={one} finding={one} />)}
    </ul>
  );
}

function Item({ one, finding }: { one: Problem; finding?: Finding }) {
  return (
    <li className={`finding ${one.severity}`}>
      <span className="finding-icon" title={one.severity}><Icon name={ICONS[one.severity]} size={14} /></span>
      <div>
        <p>{one.message}</p>
        {one.hint && <p className="muted">{one.hint}</p>}
        <p className="finding-meta">
          {finding && <code>{finding.rule}</code>} <span>{one.code}</span>
          {one.line !== null && one.line > 0 && (
            <button
              type="button" className="link"
              onClick={() => {
                set({ pane: "text" });
                editor.toLine(one.line ?? 1, one.column ?? 1);
              }}
            >
              line {one.line}
            </button>
          )}
        </p>
      </div>
      {finding?.fix && <Button kind="primary" onClick={() => void fix(get().findings.find((other) => other === finding) ?? finding)}>Mend it</Button>}
    </li>
  );
}
