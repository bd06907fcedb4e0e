/** Small parts that the panels share. */

import {
  Component, useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject,
} from "react";
import type { Verdict } from "../types";
import { Icon, type IconName } from "./icons";

export function Button({ icon, children, kind = "plain", ...rest }: {
  icon?: IconName; kind?: "plain" | "primary" | "quiet" | "danger";
} & React.ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button type="button" className={`button ${kind}${children ? "" : " only-icon"}`} {...rest}>
      {icon && <Icon name={icon} size={14} />}
      {children}
    </button>
  );
}

export const VERDICTS: Record<Verdict, { word: string; icon: IconName }> = {
  holds: { word: "holds", icon: "check" },
  broken: { word: "broken", icon: "cross" },
  unknown: { word: "unknown", icon: "question" },
};

export function Badge({ verdict, children }: { verdict: Verdict; children?: ReactNode }) {
  const { word, icon } = VERDICTS[verdict] ?? VERDICTS.unknown;
  return (
    <span className={`badge ${verdict}`}>
      <Icon name={icon} size={12} />
      {children ?? word}
    </span>
  );
}

export function Empty({ title, children, icon }: { title: string; children?: ReactNode; icon?: IconName }) {
  return (
    <div className="empty">
      {icon && <Icon name={icon} size={22} />}
      <h3>{title}</h3>
      {children && <div>{children}</div>}
    </div>
  );
}

/** A part that fails says so, and leaves the rest of the page alone. */
export class Guard extends Component<{ children: ReactNode; again?: unknown }, { error: Error | null; of: unknown }> {
  override state = { error: null, of: this.props.again };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  static getDerivedStateFromProps(props: { again?: unknown }, state: { of: unknown }) {
    return props.again === state.of ? null : { error: null, of: props.again };
  }

  override render() {
    const error = this.state.error as Error | null;
    if (!error) return this.props.children;
    return (
      <Empty title="This part of the page has failed" icon="warning">
        <p>{error.message}</p>
        <Button onClick={() => this.setState({ error: null })}>Try again</Button>
      </Empty>
    );
  }
}

/** Tabs with arrow keys. */
export function Tabs<T extends string>({ label, tabs, value, onChange, className = "", controls }: {
  label: string;
  tabs: { id: T; label: ReactNode; badge?: ReactNode; title?: string }[];
  value: T;
  onChange: (id: T) => void;
  className?: string;
  controls?: string;
}) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = tabs.findIndex((tab) => tab.id === value);
    const next = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : step ? (at + step + tabs.length) % tabs.length : -1;
    if (next < 0) return;
    event.preventDefault();
    onChange(tabs[next]!.id);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div className={`tabs ${className}`} role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <button
          type="button" role="tab" key={tab.id} id={`tab-${tab.id}`} aria-selected={tab.id === value} title={tab.title}
          aria-controls={controls} tabIndex={tab.id === value ? 0 : -1} onClick={() => onChange(tab.id)}
        >
          {tab.label}
          {tab.badge}
        </button>
      ))}
    </div>
  );
}

/** Closes on Escape and on a press outside. */
export function useDismiss(open: boolean, inside: RefObject<HTMLElement | null>, close: () => void): void {
  useEffect(() => {
    if (!open) return;
    const press = (event: PointerEvent) => {
      if (!inside.current?.contains(event.target as Node)) close();
    };
    const key = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
      inside.current?.querySelector<HTMLElement>("button")?.focus();
    };
    document.addEventListener("pointerdown", press, true);
    document.addEventListener("keydown", key, true);
    return () => {
      document.removeEventListener("pointerdown", press, true);
      document.removeEventListener("keydown", key, true);
    };
  }, [open, close, inside]);
}

/** A button that opens a small panel below it. */
export function Popover({ button, title, children, align = "left", className = "", onOpen, disabled, label }: {
  button: ReactNode;
  label?: string;
  title?: string;
  children: (close: () => void) => ReactNode;
  align?: "left" | "right";
  className?: string;
  onOpen?: () => void;
  disabled?: boolean;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();
  useDismiss(open, root, () => setOpen(false));
  useLayoutEffect(() => {
    if (!open) return;
    panel.current?.querySelector<HTMLElement>("[data-first], input, button, select, a")?.focus();
  }, [open]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const items = [...(panel.current?.querySelectorAll<HTMLElement>("[role=menuitem], [data-item]") ?? [])];
    if (!items.length || (event.target as HTMLElement).tagName === "SELECT") return;
    event.preventDefault();
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
  };
  return (
    <div className="popover-root" ref={root}>
      <button
        type="button" className={`button plain ${className}`} aria-haspopup="dialog" aria-expanded={open} aria-controls={id} title={title}
        aria-label={label} disabled={disabled}
        onClick={() => {
          if (!open) onOpen?.();
          setOpen(!open);
        }}
      >
        {button}
        <Icon name="down" size={12} />
      </button>
      {open && (
        <div className={`popover at-${align}`} id={id} role="dialog" aria-label={title ?? label} ref={panel} onKeyDown={onKeyDown}>
          {children(() => setOpen(false))}
        </div>
      )}
    </div>
  );
}

/** A modal dialog: the browser keeps the focus in it, and Escape closes it. */
export function Dialog({ title, onClose, children, className = "" }: {
  title: string; onClose: () => void; children: ReactNode; className?: string;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog
      ref={dialog} className={`dialog ${className}`} aria-label={title} onClose={onClose}
      onMouseDown={(event) => event.target === dialog.current && onClose()}
    >
      {children}
    </dialog>
  );
}

/** A bar to drag, or to move with arrow keys, between two panels; the share of the first is given back. */
export function Splitter({ vertical, value, onChange, min = 0.2, max = 0.8, label }: {
  vertical: boolean; value: number; onChange: (share: number) => void; min?: number; max?: number; label: string;
}) {
  const bar = useRef<HTMLDivElement>(null);
  const clamp = (share: number) => Math.min(max, Math.max(min, share));
  return (
    <div
      ref={bar} className={`splitter ${vertical ? "vertical" : "horizontal"}`} role="separator" tabIndex={0} aria-label={label}
      aria-orientation={vertical ? "vertical" : "horizontal"} aria-valuenow={Math.round(value * 100)}
      aria-valuemin={min * 100} aria-valuemax={max * 100}
      onPointerDown={(event) => {
        event.preventDefault();
        bar.current?.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!bar.current?.hasPointerCapture(event.pointerId)) return;
        const box = bar.current.parentElement!.getBoundingClientRect();
        onChange(clamp(vertical ? (event.clientX - box.left) / box.width : (event.clientY - box.top) / box.height));
      }}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -0.03, ArrowUp: -0.03, ArrowRight: 0.03, ArrowDown: 0.03 }[event.key];
        if (!step) return;
        event.preventDefault();
        onChange(clamp(value + step));
      }}
      onDoubleClick={() => onChange(0.5)}
    />
  );
}

/** A colour of the page as the browser computes it, for canvases. */
export function colour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Changes when light and dark change. */
export function useScheme(): string {
  const [scheme, setScheme] = useState(() => colour("text"));
  useEffect(() => {
    const look = () => setScheme(colour("text"));
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", look);
    const observer = new MutationObserver(look);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      media.removeEventListener("change", look);
      observer.disconnect();
    };
  }, []);
  return scheme;
}

export function useWidth(): number {
  const [width, setWidth] = useState(innerWidth);
  useEffect(() => {
    const look = () => setWidth(innerWidth);
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  }, []);
  return width;
}
