/** The design that is open, what is run of it, and how. */

import { useEffect, useState } from "react";
import { analyseSoon, cancel, run as start, save, say, throwIn, toDesigns, toPractice } from "../actions";
import { api } from "../api";
import { editor } from "../editor/editor";
import { applyTheme, get, kept, set, use, type Theme } from "../store";
import type { Curveball } from "../types";
import { Icon, Mark, type IconName } from "../ui/icons";
import { Button, Popover } from "../ui/kit";

const THEMES: { id: Theme; icon: IconName; name: string }[] = [
  { id: "system", icon: "auto", name: "as the system" },
  { id: "light", icon: "sun", name: "light" },
  { id: "dark", icon: "moon", name: "dark" },
];

export function nextTheme(): void {
  const at = THEMES.findIndex((one) => one.id === get().theme);
  const { id } = THEMES[(at + 1) % THEMES.length]!;
  set({ theme: id });
  try {
    localStorage.setItem("loadcase.theme", id);
  } catch {
    kept.write("theme", id);
  }
  applyTheme(id);
}

export function TopBar() {
  const doc = use((now) => now.doc);
  const sideOpen = use((now) => now.sideOpen);
  const theme = use((now) => now.theme);
  const online = use((now) => now.online);
  const room = use((now) => now.room !== null);
  const look = THEMES.find((one) => one.id === theme)!;
  return (
    <header className="topbar">
      {!room && <Button kind="quiet" icon="sidebar" aria-label="Files and runs" aria-pressed={sideOpen} title="Files and runs (Ctrl+B)" onClick={() => set({ sideOpen: !sideOpen })} />}
      <span className="brand"><Mark /><b>Loadcase</b></span>
      <nav className="rooms segmented" aria-label="Rooms">
        <button type="button" aria-pressed={!room} onClick={() => room && void toDesigns()}>Designs</button>
        <button type="button" aria-pressed={room} onClick={toPractice}>Practice</button>
      </nav>
      {!room && <DocState />}
      <span className="grow" />
      {doc && !room && <RunControls />}
      {!online && <span className="away" role="status"><Icon name="warning" size={13} /> Server away</span>}
      {!room && <Button kind="quiet" icon="search" aria-label="Commands" title="Commands and files (Ctrl+K)" onClick={() => set({ dialog: "palette" })} />}
      <Button kind="quiet" icon={look.icon} aria-label={`Colours: ${look.name}`} title={`Colours: ${look.name}`} onClick={nextTheme} />
      <Button kind="quiet" icon="keys" aria-label="Keys and help" title="Keys and help (F1)" onClick={() => set({ dialog: "keys" })} />
    </header>
  );
}

function DocState() {
  const doc = use((now) => now.doc);
  const title = use((now) => now.good.blueprint?.title);
  if (!doc) return null;
  const state = doc.conflict ? "conflict" : doc.path === null ? "not saved" : doc.dirty ? "edited" : "saved";
  return (
    <div className="doc-state">
      <b className="clip" title={title ?? doc.suggested}>{doc.path ?? doc.suggested}</b>
      <button
        type="button" className={`save-state ${state.replace(" ", "-")}`} onClick={() => void save()} disabled={state === "saved"}
        title={state === "saved" ? "The file on disk is this text" : doc.path === null ? "Save under a name (Ctrl+S)" : "Save (Ctrl+S). Until then the text is kept in this browser."}
      >
        {state === "saved" ? <><Icon name="check" size={12} /> Saved</> : state === "conflict" ? <><Icon name="warning" size={12} /> Changed on disk</> : <><Icon name="save" size={12} /> {doc.path === null ? "Save as…" : "Save"}<kbd>Ctrl S</kbd></>}
      </button>
    </div>
  );
}

function RunControls() {
  const blueprint = use((now) => now.good.blueprint);
  const variant = use((now) => now.variant);
  const runs = use((now) => now.runs);
  const runId = use((now) => now.runId);
  const mine = runs.find((one) => one.id === runId);
  const going = mine !== undefined && ["queued", "running"].includes(mine.state);
  return (
    <div className="run-controls">
      <CasePick />
      {!!blueprint?.variants.length && (
        <label className={`variant${variant ? " on" : ""}`} title="Variant that is shown and run">
          <span className="sr">Variant</span>
          <VariantSelect names={blueprint.variants} />
        </label>
      )}
      <Curveballs />
      {going
        ? <Button kind="danger" icon="stop" onClick={() => void cancel(mine.id)} title="Cancel the run">Cancel</Button>
        : <Button kind="primary" icon="play" className="button primary run-button" onClick={() => void start()} title="Run (Ctrl+Enter)">Run</Button>}
    </div>
  );
}

function VariantSelect({ names }: { names: string[] }) {
  const variant = use((now) => now.variant);
  return (
    <select
      value={variant ?? ""}
      onChange={(event) => {
        set({ variant: event.target.value || null });
        analyseSoon(0);
      }}
    >
      <option value="">as designed</option>
      {names.map((one) => <option key={one} value={one}>variant {one}</option>)}
    </select>
  );
}

function CasePick() {
  const blueprint = use((now) => now.good.blueprint);
  const shown = use((now) => now.case);
  const chosen = use((now) => now.chosen);
  const seeds = use((now) => now.seeds);
  const cases = blueprint?.cases ?? [];
  const ticked = chosen ?? (shown ? [shown] : []);
  const said = ticked.length === cases.length && cases.length > 1 ? "all cases" : ticked.length === 1 ? ticked[0] : `${ticked.length} cases`;
  const toggle = (name: string) => {
    const next = cases.filter((one) => (one === name ? !ticked.includes(one) : ticked.includes(one)));
    set({ chosen: next.length ? next : [name], case: next.length === 1 ? next[0]! : next.includes(name) ? name : (next[0] ?? name) });
  };
  return (
    <Popover button={<><span className="muted hide-narrow">Case</span> <b className="clip">{said ?? "none"}</b></>} label={`Cases: ${said ?? "none"}`} title="Cases to run" disabled={!cases.length}>
      {() => (
        <div className="case-pick">
          <div className="case-all">
            <span className="muted">Tick what is run; press a name for that one alone.</span>
            <Button kind="quiet" onClick={() => set({ chosen: cases, case: shown })}>All</Button>
          </div>
          <ul>
            {cases.map((name, i) => (
              <li key={name}>
                <input type="checkbox" checked={ticked.includes(name)} onChange={() => toggle(name)} aria-label={`Run ${name}`} />
                <button type="button" data-item {...(i === 0 ? { "data-first": "" } : {})} className={ticked.length === 1 && ticked[0] === name ? "only" : ""} onClick={() => set({ chosen: [name], case: name })}>
                  {name}
                </button>
              </li>
            ))}
          </ul>
          {!!blueprint?.variants.length && (
            <label className="field case-variant">
              <span>Variant</span>
              <VariantSelect names={blueprint.variants} />
            </label>
          )}
          <label className="case-seeds">
            <span>Seeds</span>
            <input
              type="number" min={1} max={100} placeholder="until decided" value={seeds ?? ""} aria-describedby="seeds-help"
              onChange={(event) => set({ seeds: event.target.value ? Math.max(1, Math.min(100, Math.round(Number(event.target.value)))) : null })}
            />
          </label>
          <p className="muted" id="seeds-help">Left empty, seeds are added until each guarantee is decided.</p>
        </div>
      )}
    </Popover>
  );
}

function Curveballs() {
  const of = use((now) => now.case);
  const cases = use((now) => now.good.blueprint?.cases);
  const [balls, setBalls] = useState<Curveball[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [open, setOpen] = useState(0);
  useEffect(() => {
    if (!open) return;
    let current = true;
    setBalls(null);
    setError(null);
    api.curveballs(editor.text(), of).then(
      (found) => current && setBalls(found.curveballs),
      (problem: Error) => current && setError(problem.message),
    );
    return () => {
      current = false;
    };
  }, [open, of]);
  return (
    <Popover
      button={<><Icon name="bolt" size={14} /><span className="hide-narrow">Curveball</span></>} label="Throw a curveball" title="Throw a curveball into the case" align="right"
      onOpen={() => setOpen((n) => n + 1)} disabled={!cases?.length}
    >
      {(close) => (
        <div className="curveballs">
          <label className="field">
            <span>Throw into</span>
            <select value={of ?? ""} onChange={(event) => set({ case: event.target.value, chosen: null })}>
              {cases?.map((name) => <option key={name}>{name}</option>)}
            </select>
          </label>
          <p className="muted">It is written into the case and run at once. Ctrl+Z takes it out.</p>
          {error && <p className="bad-note">{error}</p>}
          {!balls && !error && <p className="muted note">Looking what fits this design…</p>}
          {balls && !balls.length && <p className="muted note">Nothing fits this design.</p>}
          <ul>
            {balls?.map((ball, i) => (
              <li key={i}>
                <button
                  type="button" data-item title={ball.yaml}
                  onClick={() => {
                    close();
                    void throwIn(ball).catch(say);
                  }}
                >
                  <b>{ball.name.replaceAll("_", " ")}</b>
                  <span className="said">{ball.label}</span>
                  <span>{ball.why}</span>
                  {ball.tried_by && <small className="muted">the case {ball.tried_by} tries it already</small>}
                  <code>{ball.yaml.trim().split("\n")[0]}</code>
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Popover>
  );
}
