export * from './pack-files.ts';
export * from './unpack-files.ts';
export { type PackedEntry, type PackedFile, packTree, packedBytes } from './pack-tree.ts';
export * from './tree-reader.ts';
export { TreeError, type TreeLimits, type TreeSize, faultOfName, shownName } from './tree.ts';
