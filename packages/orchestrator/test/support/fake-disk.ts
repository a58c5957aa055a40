import type { DiskSpace } from '../../src/ports/disk-space.ts';

/** A disk as full as a test says; half full at first. */
export class FakeDisk implements DiskSpace {
  share: number | undefined = 0.5;

  async usedShare(): Promise<number | undefined> {
    return this.share;
  }
}
