/** How high Grafana's dashboard is, footer and what is scrolled away included; 0 before it is there. */
export function dashboardHeight(): number {
  const grid = document.querySelector<HTMLElement>(".react-grid-layout");
  if (!grid) return 0;
  let scrolled = window.scrollY;
  for (let at = grid.parentElement; at && at !== document.documentElement; at = at.parentElement) scrolled += at.scrollTop;
  const footer = document.querySelector<HTMLElement>('[data-testid="public-dashboard-footer"]');
  return Math.ceil(grid.getBoundingClientRect().bottom + scrolled + (footer?.offsetHeight ?? 0) + PADDING_PX);
}

const PADDING_PX = 16;
