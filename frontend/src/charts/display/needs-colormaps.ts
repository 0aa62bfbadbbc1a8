/** Modes that need `colormaps.ts` to be loaded before they can be drawn. */
export const NEEDS_COLORMAPS = /"continuous-(?:viridis|magma|plasma|inferno)"/;
