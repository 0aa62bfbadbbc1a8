/** Grafana's colours: the named ones and the surfaces of both themes, and the classic palette. Data, read by name in `colors.ts`. */

export const CLASSIC: readonly string[] = ["#73BF69", "#F2CC0C", "#5794F2", "#FF9830", "#F2495C", "#B877D9", "#37872D", "#E0B400", "#1F60C4", "#FA6400", "#C4162A", "#8F3BB8", "#C8F2C2", "#FFF899", "#C0D8FF", "#FFCB7D", "#FFA6B0", "#DEB6F2", "#447EBC", "#C15C17", "#890F02", "#0A437C", "#6D1F62", "#584477", "#B7DBAB", "#F4D598", "#70DBED", "#F9BA8F", "#F29191", "#82B5D8", "#E5A8E2", "#AEA2E0", "#629E51", "#E5AC0E", "#64B0C8", "#E0752D", "#BF1B00", "#0A50A1", "#962D82", "#614D93", "#9AC48A", "#F2C96D", "#65C5DB", "#F9934E", "#EA6460", "#5195CE", "#D683CE", "#806EB7", "#3F6833", "#967302", "#2F575E", "#99440A", "#58140C", "#052B51", "#511749", "#3F2B5B", "#E0F9D7", "#FCEACA", "#CFFAFF", "#F9E2D2", "#FCE2DE", "#BADFF4", "#F9D9F9", "#DEDAF7"];

/** Five shades of each hue, super-light to dark; dark theme. */
export const DARK_HUES: Record<string, readonly string[]> = {
  red: ["#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A"],
  orange: ["#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400"],
  yellow: ["#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400"],
  green: ["#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D"],
  blue: ["#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4"],
  purple: ["#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8"],
};

/** Five shades of each hue, super-light to dark; light theme. */
export const LIGHT_HUES: Record<string, readonly string[]> = {
  red: ["#FF7383", "#F2495C", "#E02F44", "#C4162A", "#AD0317"],
  orange: ["#FFB357", "#FF9830", "#FF780A", "#FA6400", "#E55400"],
  yellow: ["#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400", "#CC9D00"],
  green: ["#96D98D", "#73BF69", "#56A64B", "#37872D", "#19730E"],
  blue: ["#8AB8FF", "#5794F2", "#3274D9", "#1F60C4", "#1250B0"],
  purple: ["#CA95E5", "#B877D9", "#A352CC", "#8F3BB8", "#7C2EA3"],
};

export const DARK_SURFACES = {
  canvas: "#111217",
  panel: "#181b1f",
  secondary: "#22252b",
  border: "rgba(204, 204, 220, 0.12)",
  text: "rgb(204, 204, 220)",
  textSecondary: "rgba(204, 204, 220, 0.65)",
};

export const LIGHT_SURFACES = {
  canvas: "#fbfbfb",
  panel: "#ffffff",
  secondary: "#f4f5f5",
  border: "rgba(36, 41, 46, 0.12)",
  text: "rgba(36, 41, 46, 1)",
  textSecondary: "rgba(36, 41, 46, 0.75)",
};
