/** The disks on which tasks and their files are kept. */
export interface DiskSpace {
  /** Used share of the fullest of them, 0 to 1, as it was a few seconds ago at most; undefined when nobody can tell. */
  usedShare(): Promise<number | undefined>;
}
