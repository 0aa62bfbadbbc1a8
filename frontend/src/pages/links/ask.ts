/** The question before an action, asked once; the action's failure is shown in the same dialogue. */
import type { Outcome } from "../../lib/api";
import type { Question } from "./engine";

export class Ask {
  private readonly form: HTMLFormElement;
  private readonly yes: HTMLButtonElement;
  private readonly problem: HTMLElement;
  private action: ((graceSeconds: number) => Promise<Outcome<unknown>>) | null = null;

  constructor(private readonly dialog: HTMLDialogElement) {
    this.form = dialog.querySelector<HTMLFormElement>("#ask-form")!;
    this.yes = dialog.querySelector<HTMLButtonElement>("#ask-yes")!;
    this.problem = dialog.querySelector<HTMLElement>("#ask-problem")!;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.act();
    });
  }

  open(question: Question, action: (graceSeconds: number) => Promise<Outcome<unknown>>): void {
    this.action = action;
    this.form.reset();
    this.problem.hidden = true;
    this.dialog.querySelector("#ask-title")!.textContent = question.title;
    this.dialog.querySelector("#ask-text")!.textContent = question.text;
    this.dialog.querySelector<HTMLElement>("#ask-grace")!.hidden = !question.grace;
    this.yes.textContent = question.yes;
    this.yes.className = question.danger ? "danger" : "primary";
    this.dialog.showModal();
    // What cannot be undone is not one stray Enter away.
    (question.danger ? this.form.querySelector<HTMLButtonElement>("[data-close]")! : this.yes).focus();
  }

  private async act(): Promise<void> {
    if (!this.action || this.yes.disabled) return;
    this.yes.disabled = true;
    const grace = Number((this.form.elements.namedItem("grace") as HTMLSelectElement).value) || 0;
    const outcome = await this.action(grace);
    this.yes.disabled = false;
    if (outcome.ok) {
      this.dialog.close();
      return;
    }
    this.problem.textContent = outcome.message;
    this.problem.hidden = false;
  }
}
