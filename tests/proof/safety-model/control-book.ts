import type { No } from './reference.ts';

export type Window = { readonly from: number; readonly until: number; readonly targets: readonly string[] };

/** The kill switch and the maintenance windows, said a second time. */
export class ControlBook {
  private thrown: { readonly until: number | undefined } | undefined;
  private windows: readonly Window[] = [];

  throwSwitch(until: number | undefined): void {
    this.thrown = { until };
  }

  liftSwitch(): void {
    this.thrown = undefined;
  }

  setWindows(windows: readonly Window[]): void {
    this.windows = windows;
  }

  killed(now: number): No | undefined {
    if (!this.thrown || (this.thrown.until !== undefined && this.thrown.until <= now)) return undefined;
    return { gate: 'control', reason: 'kill_switch', until: this.thrown.until };
  }

  maintained(target: string, now: number): No | undefined {
    for (const { from, until, targets } of this.windows) {
      if (now < from || now >= until || (targets.length > 0 && !targets.includes(target))) continue;
      return { gate: 'maintenance', reason: 'maintenance_window', until };
    }
    return undefined;
  }

  turns(): readonly number[] {
    const ends = this.windows.flatMap(({ from, until }) => [from, until]);
    return this.thrown?.until === undefined ? ends : [...ends, this.thrown.until];
  }
}
