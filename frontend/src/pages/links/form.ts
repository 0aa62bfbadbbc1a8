/** The dialogue in which a link is made or changed: fills its form, reads it, and shows what was wrong where. */
import type { Outcome, Problem } from "../../lib/api";
import { type FormValues, type LinkFields, type Profile, TEXTS, fieldOf, profile, sameProfile, toLocal } from "./engine";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
const PROFILE_TEXTS = ["theme", "refresh", "from", "to"] as const;
const PROFILE_FLAGS = ["picker", "chrome", "transparent"] as const;

export class LinkForm {
  private readonly form: HTMLFormElement;
  private readonly problem: HTMLElement;
  /** Ready-made profiles by name; choosing one only fills the form in. */
  private readonly named: Readonly<Record<string, Profile>>;
  private submit: ((values: FormValues) => Promise<Outcome<unknown>>) | null = null;

  constructor(private readonly dialog: HTMLDialogElement) {
    this.form = dialog.querySelector<HTMLFormElement>("#link-form")!;
    this.named = JSON.parse(dialog.dataset["profiles"] ?? "{}") as Record<string, Profile>;
    this.problem = dialog.querySelector<HTMLElement>("#form-problem")!;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.field("named").addEventListener("change", () => {
      const chosen = this.named[this.field("named").value];
      if (chosen) this.fillProfile(chosen);
    });
    for (const name of [...PROFILE_TEXTS, ...PROFILE_FLAGS]) this.field(name).addEventListener("change", () => this.nameProfile());
    this.field("target").addEventListener("change", () => this.showTarget());
  }

  open(link: LinkFields | null, submit: (values: FormValues) => Promise<Outcome<unknown>>): void {
    this.submit = submit;
    this.form.reset();
    this.clearProblems();
    this.part("#points-at").hidden = link !== null;
    this.part("#drop-password").hidden = !link?.has_password;
    this.part("#link-dialog-title").textContent = link ? "Edit link" : "Create link";
    this.button().textContent = link ? "Save" : "Create link";
    this.field("slug").placeholder = link ? "" : "Made for you";
    this.field("password").placeholder = link?.has_password ? "Unchanged" : "None";
    this.fillProfile(link?.profile ?? profile());
    if (link) {
      for (const name of TEXTS) this.field(name).value = link[name];
      this.field("slug").value = link.slug;
      this.field("not_before").value = toLocal(link.not_before);
      this.field("expires_at").value = toLocal(link.expires_at);
      this.field("frame_ancestors").value = link.frame_ancestors.join("\n");
    }
    this.nameProfile();
    this.showTarget();
    this.dialog.showModal();
    this.field(link ? "label" : "device").focus();
  }

  private async send(): Promise<void> {
    if (!this.submit || this.button().disabled) return;
    this.clearProblems();
    this.button().disabled = true;
    const outcome = await this.submit(this.values());
    this.button().disabled = false;
    if (outcome.ok) this.dialog.close();
    else this.showProblems(outcome.message, outcome.problems);
  }

  private values(): FormValues {
    const text = (name: string): string => this.field(name).value;
    const texts = Object.fromEntries(TEXTS.map((name) => [name, text(name)])) as Pick<FormValues, (typeof TEXTS)[number]>;
    return {
      ...texts,
      target: text("target") === "document" ? "document" : "device",
      device: text("device"),
      slot: text("slot"),
      document: text("document"),
      slug: text("slug"),
      profile: this.profile(),
      not_before: text("not_before"),
      expires_at: text("expires_at"),
      password: text("password"),
      drop_password: this.isOn("drop_password"),
      frame_ancestors: text("frame_ancestors"),
    };
  }

  private profile(): Profile {
    const texts = Object.fromEntries(PROFILE_TEXTS.map((name) => [name, this.field(name).value.trim()]));
    const flags = Object.fromEntries(PROFILE_FLAGS.map((name) => [name, this.isOn(name)]));
    return profile({ ...texts, ...flags });
  }

  private fillProfile(value: Profile): void {
    for (const name of PROFILE_TEXTS) this.field(name).value = value[name];
    for (const name of PROFILE_FLAGS) (this.field(name) as HTMLInputElement).checked = value[name];
  }

  private nameProfile(): void {
    const now = this.profile();
    this.field("named").value = Object.keys(this.named).find((name) => sameProfile(this.named[name]!, now)) ?? "";
  }

  private showTarget(): void {
    const wanted = this.field("target").value;
    for (const part of this.form.querySelectorAll<HTMLElement>("[data-for]")) part.hidden = part.dataset["for"] !== wanted;
  }

  private showProblems(message: string, problems: Problem[]): void {
    const homeless: string[] = [];
    let first: Field | null = null;
    for (const one of problems) {
      const field = this.form.elements.namedItem(fieldOf(one.path));
      if (!isField(field) || !field.offsetParent) {
        homeless.push(one.path ? `${one.path}: ${one.message}` : one.message);
        continue;
      }
      first ??= field;
      field.setAttribute("aria-invalid", "true");
      const said = document.createElement("span");
      said.className = "wrong";
      said.textContent = one.message;
      field.after(said);
    }
    if (!problems.length) homeless.push(message);
    this.problem.textContent = homeless.join(" ");
    this.problem.hidden = homeless.length === 0;
    if (first) first.focus();
    else this.problem.scrollIntoView({ block: "nearest" });
  }

  private clearProblems(): void {
    this.problem.hidden = true;
    for (const said of this.form.querySelectorAll(".wrong")) said.remove();
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  }

  private field(name: string): HTMLInputElement {
    return this.form.elements.namedItem(name) as HTMLInputElement;
  }

  private isOn(name: string): boolean {
    return this.field(name).checked;
  }

  private part(selector: string): HTMLElement {
    return this.dialog.querySelector<HTMLElement>(selector)!;
  }

  private button(): HTMLButtonElement {
    return this.form.querySelector<HTMLButtonElement>("button[type=submit]")!;
  }
}

function isField(value: unknown): value is Field {
  return value instanceof HTMLInputElement || value instanceof HTMLSelectElement || value instanceof HTMLTextAreaElement;
}
