/** What a page asks of a browser and jsdom lacks: sizes, observers, media, a canvas. Tests say what is seen and how large. */
import { installCanvas } from "./canvas";

/** Of every element that has one. */
export const size = { width: 480, height: 240 };

class Observer<Entry> {
  static readonly all = new Set<Observer<unknown>>();
  readonly watched = new Set<Element>();
  constructor(readonly tell: (entries: Entry[]) => void) {
    Observer.all.add(this as Observer<unknown>);
  }
  observe(one: Element): void {
    this.watched.add(one);
  }
  unobserve(one: Element): void {
    this.watched.delete(one);
  }
  disconnect(): void {
    this.watched.clear();
  }
}
class Intersections extends Observer<{ target: Element; isIntersecting: boolean }> {}
class Resizes extends Observer<{ target: Element; contentRect: { width: number; height: number } }> {}

/** The element comes into view or leaves it. */
export function see(target: Element, isIntersecting = true): void {
  for (const one of Observer.all) if (one instanceof Intersections && one.watched.has(target)) one.tell([{ target, isIntersecting }]);
}

export function resize(target: Element): void {
  for (const one of Observer.all) if (one instanceof Resizes && one.watched.has(target)) one.tell([{ target, contentRect: { ...size } }]);
}

const media = new Map<string, { matches: boolean; listeners: Set<() => void> }>();
const mediaOf = (query: string): { matches: boolean; listeners: Set<() => void> } => {
  if (!media.has(query)) media.set(query, { matches: false, listeners: new Set() });
  return media.get(query)!;
};

/** A media query holds or does not, and those who asked are told. */
export function setMedia(query: string, matches: boolean): void {
  const one = mediaOf(query);
  one.matches = matches;
  for (const listener of one.listeners) listener();
}

export function setHidden(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}

const heard: [EventTarget, string, EventListenerOrEventListenerObject][] = [];

/** A page that was opened hears nothing more of its document and window: the next test opens another in them. */
export function closePage(): void {
  for (const [target, name, listener] of heard.splice(0)) target.removeEventListener(name, listener);
  for (const one of media.values()) one.listeners.clear();
  Observer.all.clear();
}

function remember(target: EventTarget): void {
  const add = target.addEventListener.bind(target);
  target.addEventListener = (name: string, listener: EventListenerOrEventListenerObject, options?: AddEventListenerOptions | boolean): void => {
    heard.push([target, name, listener]);
    add(name, listener, options);
  };
}


export function installPage(): void {
  installCanvas();
  remember(document);
  remember(window);
  Object.assign(globalThis, {
    IntersectionObserver: Intersections,
    ResizeObserver: Resizes,
    matchMedia: (query: string) => {
      const one = mediaOf(query);
      return {
        get matches() {
          return one.matches;
        },
        addEventListener: (_name: string, listener: () => void) => one.listeners.add(listener),
        removeEventListener: (_name: string, listener: () => void) => one.listeners.delete(listener),
      };
    },
  });
  Object.defineProperties(HTMLElement.prototype, {
    clientWidth: { configurable: true, get: () => size.width },
    clientHeight: { configurable: true, get: () => size.height },
    offsetWidth: { configurable: true, get: () => 120 },
    offsetHeight: { configurable: true, get: () => 20 },
    offsetParent: {
      configurable: true,
      get(this: HTMLElement) {
        return this.closest("[hidden]") ? null : this.parentElement;
      },
    },
  });
  HTMLDialogElement.prototype.showModal = function showModal(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function close(this: HTMLDialogElement) {
    this.open = false;
  };
  Element.prototype.scrollIntoView = () => undefined;
  if (typeof CSS === "undefined") Object.assign(globalThis, { CSS: { escape: (text: string) => text } });
}
