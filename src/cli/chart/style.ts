/** Colours and letters of a picture, for a light ground and a dark one; both pass for readers who tell few colours apart. */
export const chartStyle = `
svg { font-family: system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-size: 12px; }
.ground { fill: #ffffff; }
.head { font-size: 18px; font-weight: 600; fill: #1a1a1a; }
.name { font-size: 14px; font-weight: 600; fill: #1a1a1a; }
.tick { font-size: 12px; font-weight: 400; fill: #595959; }
.axis { fill: none; stroke: #8c8c8c; }
.grid { fill: none; stroke: #e6e6e6; }
.usual { fill: #cfe3f8; }
.seen { fill: none; stroke: #1f4e9c; stroke-width: 1.5; stroke-linejoin: round; }
.dot { fill: #1f4e9c; }
.found rect { fill: #d9480f; fill-opacity: 0.22; }
.found path { fill: none; stroke: #c2410c; stroke-width: 2; }
.found text { fill: #b03a08; font-weight: 600; }
.window rect { fill: #8c6d1f; fill-opacity: 0.14; }
.window path { fill: none; stroke: #8c6d1f; stroke-width: 2; stroke-dasharray: 5 3; }
.window text { fill: #6e5516; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #15181d; }
  .head, .name { fill: #f0f0f0; }
  .tick { fill: #a8adb5; }
  .axis { stroke: #6b7078; }
  .grid { stroke: #2a2f37; }
  .usual { fill: #1d3a5c; }
  .seen { stroke: #8cbcff; }
  .dot { fill: #8cbcff; }
  .found rect { fill: #ff8a4c; fill-opacity: 0.25; }
  .found path { stroke: #ff8a4c; }
  .found text { fill: #ffab7d; }
  .window rect { fill: #e0c060; fill-opacity: 0.16; }
  .window path { stroke: #e0c060; }
  .window text { fill: #ead28c; }
}
`.trim();
