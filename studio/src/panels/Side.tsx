/** Own files, the gallery, saved runs. */

import { useState } from "react";
import { openFile, openRun, openStart, remove, rename } from "../actions";
import { clock } from "../format";
import { set, use, type SidePanel } from "../store";
import type { RunMeta } from "../types";
import { Icon } from "../ui/icons";
import { Button, Empty, Tabs, VERDICTS } from "../ui/kit";
import { STATES } from "./Run";

export function Side() {
  const side = use((now) => now.side);
  const files = use((now) => now.files.length);
  const runs = use((now) => now.runs.length);
  const [query, setQuery] = useState("");
  return (
    <nav className="side" aria-label="Files and runs">
      <Tabs<SidePanel>
        label="Files and runs" value={side} onChange={(id) => set({ side: id })}
        tabs={[
          { id: "files", label: "Files", badge: files ? <span className="count">{files}</span> : null },
          { id: "gallery", label: "Gallery" },
          { id: "runs", label: "Runs", badge: runs ? <span className="count">{runs}</span> : null },
        ]}
      />
      <label className="search">
        <Icon name="search" size={14} />
        <input type="search" placeholder={`Search ${side}`} value={query} onChange={(event) => setQuery(event.target.value)} aria-label={`Search ${side}`} />
      </label>
      <div className="side-list">
        {side === "files" && <Files query={query} />}
        {side === "gallery" && <Gallery query={query} />}
        {side === "runs" && <Runs query={query} />}
      </div>
    </nav>
  );
}

const matches = (query: string, ...texts: (string | null | undefined)[]): boolean => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const whole = texts.filter(Boolean).join(" ").toLowerCase();
  return words.every((word) => whole.includes(word));
};

function Files({ query }: { query: string }) {
  const files = use((now) => now.files);
  const doc = use((now) => now.doc);
  const drafts = use((now) => now.drafts);
  const shown = files.filter((one) => matches(query, one.path, one.title));
  const starts = drafts.filter((key) => key.startsWith("new:") && matches(query, key.slice(4)));
  if (!files.length && !starts.length) {
    return (
      <Empty title="No blueprint here yet" icon="file">
        <p>Start from a worked design; it is saved here under a name of yours.</p>
        <Button kind="primary" onClick={() => set({ side: "gallery" })}>Open the gallery</Button>
      </Empty>
    );
  }
  return (
    <ul className="items">
      {starts.map((key) => (
        <li key={key}>
          <button type="button" className="item" aria-current={doc?.key === key} onClick={() => void openStart(key.slice(4))}>
            <b>{key.slice(4)}<i className="unsaved" title="not saved yet" /></b>
            <span>from the gallery, not saved yet</span>
          </button>
        </li>
      ))}
      {shown.map((one) => (
        <li key={one.path}>
          <button type="button" className="item" aria-current={doc?.path === one.path} onClick={() => void openFile(one.path)} title={one.problem ?? one.path}>
            <b>
              <span className="clip">{one.path}</span>
              {drafts.includes(`file:${one.path}`) && <i className="unsaved" title="unsaved edits" />}
              {one.problem && <span className="bad"><Icon name="warning" size={12} /></span>}
            </b>
            <span>{one.problem ?? one.title ?? one.name}</span>
          </button>
        </li>
      ))}
      {!shown.length && !starts.length && <li className="muted note">Nothing matches.</li>}
    </ul>
  );
}

function Gallery({ query }: { query: string }) {
  const gallery = use((now) => now.gallery);
  const doc = use((now) => now.doc);
  const shown = gallery.filter((one) => matches(query, one.name, one.title, one.hard_part));
  return (
    <ul className="items">
      {shown.map((one) => (
        <li key={one.name}>
          <button type="button" className="item tall" aria-current={doc?.key === `new:${one.name}`} onClick={() => void openStart(one.name)} title={`Open ${one.name} as a start`}>
            <b>{one.title}</b>
            <span className="two-lines">{one.hard_part}</span>
          </button>
        </li>
      ))}
      {!shown.length && <li className="muted note">Nothing matches.</li>}
    </ul>
  );
}

function Runs({ query }: { query: string }) {
  const runs = use((now) => now.runs);
  const shown = runs.filter((one) => matches(query, one.name, one.blueprint, one.path, one.variant, one.kind, one.verdict, ...(one.cases ?? [])));
  const compare = use((now) => now.compare);
  const ticked = [compare.a, compare.b].filter((id): id is string => id !== null && runs.some((run) => run.id === id));
  if (!runs.length) return <Empty title="No run yet" icon="runs">Every run is kept here, with its text, until you delete it.</Empty>;
  return (
    <>
      <p className="side-hint">
        {ticked.length === 2
          ? <Button kind="primary" icon="wide" onClick={() => set((now) => ({ tab: "compare", pane: "dock", compare: { ...now.compare, variants: null } }))}>Compare the two</Button>
          : <span className="muted">Tick two runs to compare them.</span>}
      </p>
      <ul className="items">
        {shown.map((one) => <RunItem key={one.id} run={one} />)}
        {!shown.length && <li className="muted note">Nothing matches.</li>}
      </ul>
    </>
  );
}

function RunItem({ run }: { run: RunMeta }) {
  const runId = use((now) => now.runId);
  const compare = use((now) => now.compare);
  const [editing, setEditing] = useState(false);
  const [sure, setSure] = useState(false);
  const title = run.name || run.blueprint || run.id;
  const ticked = compare.a === run.id || compare.b === run.id;
  const tick = () => {
    const { a, b } = compare;
    const next = a === run.id ? { a: b, b: null } : b === run.id ? { a, b: null } : a === null ? { a: run.id, b } : b === null ? { a, b: run.id } : { a: b, b: run.id };
    set({ compare: { ...next, variants: null } });
  };
  const verdict = run.verdict && run.state !== "running" ? VERDICTS[run.verdict] : null;
  if (editing) {
    return (
      <li>
        <form
          className="rename"
          onSubmit={(event) => {
            event.preventDefault();
            const name = new FormData(event.currentTarget).get("name")?.toString().trim();
            if (name) void rename(run.id, name);
            setEditing(false);
          }}
        >
          <input name="name" defaultValue={run.name ?? ""} placeholder={title} autoFocus maxLength={80} aria-label="Name of the run" onBlur={(event) => event.currentTarget.form?.requestSubmit()} onKeyDown={(event) => event.key === "Escape" && setEditing(false)} />
        </form>
      </li>
    );
  }
  return (
    <li className="run-item">
      {run.kind === "check" && <input type="checkbox" checked={ticked} onChange={tick} aria-label={`Compare ${title}`} title="Tick two to compare them" />}
      <button type="button" className="item" aria-current={runId === run.id} onClick={() => openRun(run)} title={`Open ${title}`}>
        <b>
          {verdict && <span className={`dot ${run.verdict}`} title={verdict.word}><Icon name={verdict.icon} size={11} /></span>}
          {!verdict && <span className={`dot ${run.state}`} title={STATES[run.state]} />}
          <span className="clip">{title}</span>
        </b>
        <span>
          {run.kind === "check" ? (run.cases?.join(", ") || "all cases") : run.kind}{run.variant ? ` · ${run.variant}` : ""} · {run.state === "done" ? clock(run.created_s) : `${STATES[run.state] ?? run.state}${run.state === "queued" && run.position !== null ? ` (${run.position + 1})` : ""}`}
        </span>
      </button>
      <span className="item-tools">
        <Button kind="quiet" icon="pen" aria-label={`Rename ${title}`} title="Rename" onClick={() => setEditing(true)} />
        <Button
          kind={sure ? "danger" : "quiet"} icon="trash" aria-label={sure ? `Really delete ${title}` : `Delete ${title}`} title={sure ? "Press again to delete" : "Delete"}
          onClick={() => (sure ? void remove(run.id) : setSure(true))} onBlur={() => setSure(false)}
        />
      </span>
    </li>
  );
}
