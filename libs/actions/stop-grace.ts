import type { Patient } from './action.ts';

const defaultGraceSeconds = 10;
/** A container may ask to be waited for without end; a remediation ends. */
export const longestGraceSeconds = 600;

/** How long after its time an effect that is not seen yet may still come. */
export const slackSeconds = 5;

/** Seconds that the patient gets between the signal to stop and the one that ends it. */
export function graceSecondsOf({ stop_timeout_seconds: stated }: Patient): number {
  if (stated === null) return defaultGraceSeconds;
  return stated < 0 ? longestGraceSeconds : Math.min(stated, longestGraceSeconds);
}

/** A word on a patient that does not get the time it asks for. */
export function graceNotes(patient: Patient): readonly string[] {
  const stated = patient.stop_timeout_seconds;
  const graceSeconds = graceSecondsOf(patient);
  if (stated === null || stated === graceSeconds) return [];
  return [`its stop time-out (${stated < 0 ? 'none' : `${stated} s`}) is cut to ${graceSeconds} s`];
}
