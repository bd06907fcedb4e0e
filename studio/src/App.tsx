import { Suspense, lazy, useEffect, useRef, useState, type ReactNode } from "react";
import { keepDraft, keepMine, run, save, takeTheirs, toDesigns } from "./actions";
import { editor } from "./editor/editor";
import { useRun } from "./live";
import { ComparePanel } from "./panels/Compare";
import { Dialogs, TABS } from "./panels/Dialogs";
import { EstimatePanel } from "./panels/Estimate";
import { EvidenceDrawer } from "./panels/Evidence";
import { ExportPanel } from "./panels/Export";
import { FindingsPanel } from "./panels/Findings";
import { PlayBar } from "./panels/PlayBar";
import { RunPanel } from "./panels/Run";
import { ScalePanel } from "./panels/Scale";
import { Side } from "./panels/Side";
import { TopBar } from "./panels/TopBar";
import { VerdictPanel } from "./panels/Verdict";
import { dismiss, get, kept, set, use, type Pane, type Tab } from "./store";
import { Icon } from "./ui/icons";
import { Button, Empty, Guard, Splitter, Tabs, VERDICTS, useWidth } from "./ui/kit";

const NARROW = 1040;
/** Asked for at once, and read after the text stands, which does not wait for it. */
const drawing = import("./diagram/Diagram");
const Practice = lazy(() => import("./practice/Room").then((found) => ({ default: found.Room })));
const Diagram = lazy(() => drawing.then((found) => ({ default: found.Diagram })));

export function App() {
  const sideOpen = use((now) => now.sideOpen);
  const pane = use((now) => now.pane);
  const evidence = use((now) => now.evidence !== null);
  const big = use((now) => now.big);
  const narrow = useWidth() < NARROW;
  const [across, setAcross] = useState(() => kept.read<number>("across") ?? 0.4);
  const [down, setDown] = useState(() => kept.read<number>("down") ?? 0.58);
  const [tall, setTall] = useState(false);
  const room = use((now) => now.room !== null);
  useKeys();
  useRoomHash();
  const style = { "--across": across, "--down": down } as React.CSSProperties;
  if (room) {
    return (
      <div className={`app${narrow ? " narrow" : ""} in-room`}>
        <TopBar />
        <Banner />
        <Guard><Suspense fallback={<p className="muted note opening">Opening the practice room…</p>}><Practice /></Suspense></Guard>
        <Toasts />
      </div>
    );
  }
  return (
    <div className={`app${narrow ? " narrow" : ""}${sideOpen ? " with-side" : ""}`} style={style} data-pane={narrow ? pane : undefined}>
      <TopBar />
      <Banner />
      {narrow && (
        <Tabs<Pane>
          label="Panels" className="pane-tabs" value={pane} onChange={(id) => set({ pane: id })}
          tabs={[{ id: "side", label: "Files" }, { id: "text", label: "Text" }, { id: "diagram", label: "Diagram" }, { id: "dock", label: "Results" }]}
        />
      )}
      <div className="body">
        {(narrow || sideOpen) && <Region name="side"><Side /></Region>}
        <div className={`work${big && !narrow ? " big-diagram" : ""}`}>
          <Region name="text"><EditorPane /></Region>
          {!narrow && <Splitter vertical label="Text and diagram" value={across} min={0.22} max={0.7} onChange={(share) => { setAcross(share); kept.write("across", share); }} />}
          <div className={`right${tall && !narrow ? " tall" : ""}`}>
            <Region name="diagram"><Guard><Suspense fallback={null}><Diagram /></Suspense></Guard><PlayBar /></Region>
            {!narrow && !tall && <Splitter vertical={false} label="Diagram and results" value={down} min={0.15} max={0.85} onChange={(share) => { setDown(share); kept.write("down", share); }} />}
            <Region name="dock"><Dock tall={tall} setTall={narrow ? null : setTall} /></Region>
            {evidence && <Guard><EvidenceDrawer /></Guard>}
          </div>
        </div>
      </div>
      <Dialogs />
      <Toasts />
    </div>
  );
}

const REGIONS: Record<Pane, string> = { side: "Files and runs", text: "Text", diagram: "Diagram", dock: "Results" };

function Region({ name, children }: { name: Pane; children: ReactNode }) {
  return <section className={`region region-${name}`} data-region={name} aria-label={REGIONS[name]} tabIndex={-1}><Guard>{children}</Guard></section>;
}

/** Back and forward lead into the practice room and out of it. */
function useRoomHash(): void {
  useEffect(() => {
    const moved = () => {
      const inside = location.hash.startsWith("#/practice");
      if (inside && !get().room) {
        keepDraft();
        set({ room: "opening" });
      } else if (!inside && get().room) void toDesigns();
    };
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
}

function useKeys(): void {
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const mod = event.ctrlKey || event.metaKey;
      const take = (act: () => void) => {
        event.preventDefault();
        event.stopPropagation();
        act();
      };
      const busy = document.querySelector("dialog[open]") !== null;
      if (get().room && event.key !== "F6") return; // the room has keys of its own
      if (mod && event.key === "Enter") take(() => !busy && void run());
      else if (mod && !event.shiftKey && event.key.toLowerCase() === "s") take(() => !busy && void save());
      else if (mod && !event.shiftKey && event.key.toLowerCase() === "k") take(() => set({ dialog: get().dialog === "palette" ? null : "palette" }));
      else if (mod && !event.shiftKey && event.key.toLowerCase() === "b") take(() => set({ sideOpen: !get().sideOpen }));
      else if (event.key === "F1") take(() => set({ dialog: "keys" }));
      else if (event.altKey && !mod && /^Digit[1-7]$/.test(event.code)) take(() => set({ tab: TABS[Number(event.code.slice(5)) - 1]!.id, pane: "dock" }));
      else if (event.key === "F6") {
        take(() => {
          const shown = [...document.querySelectorAll<HTMLElement>("[data-region]")].filter((one) => one.offsetParent !== null);
          const at = shown.findIndex((one) => one.contains(document.activeElement));
          const next = shown[(at + (event.shiftKey ? shown.length - 1 : 1)) % shown.length];
          if (next?.dataset.region === "text") editor.focus();
          else (next?.querySelector<HTMLElement>("[aria-selected=true], .react-flow__node[tabindex], input, button") ?? next)?.focus();
        });
      }
    };
    const leave = () => keepDraft();
    const hide = () => document.hidden && keepDraft();
    addEventListener("keydown", key, true);
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", hide);
    return () => {
      removeEventListener("keydown", key, true);
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", hide);
    };
  }, []);
}

function EditorPane() {
  const parent = useRef<HTMLDivElement>(null);
  const open = use((now) => now.doc !== null);
  useEffect(() => editor.mount(parent.current!), []);
  return (
    <div className="editor-pane">
      {!open && (
        <Empty title="Open a design" icon="file">
          <p>Choose a file or a worked design on the left, or press <kbd>Ctrl</kbd> <kbd>K</kbd> and type its name.</p>
          <Button kind="primary" onClick={() => set({ side: "gallery", sideOpen: true, pane: "side" })}>Open the gallery</Button>
        </Empty>
      )}
      <div className="editor" ref={parent} hidden={!open} />
      {open && <StatusLine />}
    </div>
  );
}

function StatusLine() {
  const errors = use((now) => now.problems.filter((one) => one.severity === "error").length);
  const findings = use((now) => now.findings.length);
  const first = use((now) => now.problems.find((one) => one.severity === "error") ?? null);
  const path = use((now) => now.doc?.path ?? null);
  return (
    <div className={`status-line${errors ? " bad" : ""}`} role="status">
      {first
        ? <button type="button" className="link" onClick={() => editor.toLine(first.line ?? 1, first.column ?? 1)}><Icon name="cross" size={12} /> <span className="clip">line {first.line}: {first.message}</span></button>
        : <button type="button" className="link" onClick={() => set({ tab: "findings", pane: "dock" })}>{findings ? `${findings} ${findings === 1 ? "finding" : "findings"}` : "No findings"}</button>}
      <span className="grow" />
      <span className="muted hide-narrow">{path === null ? "A start from the gallery; Ctrl+S saves it under a name" : "Ctrl+S saves; drafts are kept here"}</span>
    </div>
  );
}

function Dock({ tall, setTall }: { tall: boolean; setTall: ((tall: boolean) => void) | null }) {
  const tab = use((now) => now.tab);
  const errors = use((now) => now.problems.filter((one) => one.severity === "error").length);
  const findings = use((now) => now.findings.length);
  const runId = use((now) => now.runId);
  const run = useRun(runId);
  const state = run?.meta?.state;
  const going = state === "running" || state === "queued";
  const verdict = run?.check?.verdict;
  const badge: Partial<Record<Tab, ReactNode>> = {
    findings: errors + findings ? <span className={`count${errors ? " bad" : ""}`}>{errors + findings}</span> : null,
    run: going ? <span className="pulse" aria-label="running" /> : null,
    verdict: verdict ? <span className={`dot ${verdict}`} aria-label={verdict}><Icon name={VERDICTS[verdict].icon} size={11} /></span> : null,
  };
  return (
    <>
      <div className="dock-head">
        <Tabs<Tab> label="Results" value={tab} onChange={(id) => set({ tab: id })} controls="dock" tabs={TABS.map((one) => ({ ...one, badge: badge[one.id] }))} />
        {setTall && <Button kind="quiet" icon={tall ? "down" : "up"} aria-label={tall ? "Show the diagram" : "Use the whole height"} title={tall ? "Show the diagram" : "Use the whole height"} onClick={() => setTall(!tall)} />}
      </div>
      <div className="dock" role="tabpanel" id="dock" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
        <Guard again={tab}>
          {tab === "estimate" && <EstimatePanel />}
          {tab === "findings" && <FindingsPanel />}
          {tab === "run" && <RunPanel />}
          {tab === "verdict" && <VerdictPanel />}
          {tab === "compare" && <ComparePanel />}
          {tab === "scale" && <ScalePanel />}
          {tab === "export" && <ExportPanel />}
        </Guard>
      </div>
    </>
  );
}

function Banner() {
  const conflict = use((now) => now.doc?.conflict ?? null);
  const path = use((now) => now.doc?.path ?? null);
  const online = use((now) => now.online);
  return (
    <>
      {!online && (
        <div className="banner away-banner" role="alert">
          <Icon name="warning" size={14} />
          <span>The studio’s server does not answer. Your text is kept in this browser; the page tries again by itself.</span>
        </div>
      )}
      {conflict && (
        <div className="banner conflict-banner" role="alert">
          <Icon name="warning" size={14} />
          <span>{conflict.text === null ? <><b>{path}</b> is gone from disk. Your text is still here.</> : <><b>{path}</b> was changed on disk by another program, and here too.</>}</span>
          {conflict.text !== null && <Button onClick={() => set({ dialog: "conflict" })}>See both</Button>}
          {conflict.text !== null && <Button onClick={() => takeTheirs(conflict.text!, conflict.version)}>Take theirs</Button>}
          <Button kind="primary" onClick={() => void keepMine()}>{conflict.text === null ? "Save it again" : "Keep mine"}</Button>
        </div>
      )}
    </>
  );
}

function Toasts() {
  const toasts = use((now) => now.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((one) => (
        <div key={one.id} className={`toast ${one.kind}`}>
          <span>{one.text}</span>
          {one.action && <button type="button" className="link" onClick={() => { one.action!.run(); dismiss(one.id); }}>{one.action.label}</button>}
          <Button kind="quiet" icon="close" aria-label="Dismiss" onClick={() => dismiss(one.id)} />
        </div>
      ))}
    </div>
  );
}
