export type Pair = [number, number];
export type Cell = number | string | boolean | null;
export interface Input { name: string; cell: string; kind: string; value: Cell }
export interface Column { title: string; letters: string; role: string }
export interface Table { columns: Column[]; first: number; top: number; count: number }
export interface State {
  version: number; language: string; book: string; sheet: string; sheets: string[] | null; isFile: boolean; trouble: string; theirs: boolean; axes: string[];
  rule: "steps" | "batch"; epoch: number; unsaved: boolean; canGoBack: boolean;
  parameters: { name: string; cell: string; value: number }[]; loss: { name: string; value: number | null };
  inputs: Input[]; epochs: number; run: string; points: Pair[]; names: [string, string];
  prediction: { kind: "curve" | "pairs" | "walker"; points: Pair[] } | null;
  log: [number, number | null][]; path: number[][]; away: number[][];
  diverged: { found: string; todo: string } | null; table: Table; rows: Cell[][]; row: number; grown: string[]; notes: string[];
}
export interface Choice { language: string; book: null; folder: string; books: string[]; lessons: { name: string; about: string }[] }
export interface Landscape {
  down: string; across: string | null; down_values: number[]; across_values: number[]; losses: (number | null)[][];
}
export interface Nudge { name: string; h: number; times: number; point: Pair; plain: Pair[]; nudged: Pair[] }
export interface Explanation {
  cell: string; title: string; formula: string | null; parts: string[]; text: string; nudge: Nudge | null;
}
export type Texts = { keys: [string, string][]; rates: string[] } & Record<
  "epoch" | "row" | "play" | "pause" | "back" | "reset" | "speed" | "save" | "copy" | "theirs" | "close" |
  "help" | "theme" | "folder" | "open" | "unsaved" | "hasUnsaved" | "saved" | "copied" | "epochNumber" |
  "ofRow" | "lesson" | "sheet" | "connection" | "chooseTitle" | "newLessons" | "books" | "noBooks" | "home" |
  "controlS" | "others" | "fit" | "pairs" | "predicted" | "map" | "flat" | "turned" | "turn" | "axis" |
  "loss" | "lossOf" | "lossAt" | "logarithmic" | "noPrediction" | "noLoss" | "noMap" | "nothingYet" |
  "typed" | "chooseCell" | "table" | "nudge" | "nudgeWide" | "left" | "language", string
>;
