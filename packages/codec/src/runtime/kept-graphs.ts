import type { Graph } from "../graph/builder.ts";

/** A network as a runtime has left it, which loads without further work. */
export interface KeptGraph {
  readonly bytes: Uint8Array;
  /** Folder of its weights. */
  readonly folder: string;
  /** Forgets it: it cannot be loaded. */
  discard(): Promise<void>;
}

/** Where a runtime may leave a network. */
export interface GraphPlace {
  /** Path of the graph, and the name of the file of its weights beside it. */
  readonly path: string;
  readonly weights: string;
  /** All is written. */
  keep(): Promise<void>;
  discard(): Promise<void>;
}

/** Networks that were opened before, on this machine, by this version of the runtime. */
export interface KeptGraphs {
  /** What was kept for a graph whose weights lie in a folder. */
  find(graph: Graph): Promise<KeptGraph | undefined>;
  /** A place to keep it in; undefined where it cannot or need not be kept. */
  place(graph: Graph): Promise<GraphPlace | undefined>;
}
