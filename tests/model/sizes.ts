import type { Bounds } from './bounds.ts';

/** The meshes that are explored, each as large as it can be for its part of the minute. */
const one = [[0]];
const two = [[0], [0]];
const shared = [[0, 1], [1]];

export const each: Readonly<Record<string, Bounds>> = {
  'one remediation, everything twice, a process killed': {
    remediations: one,
    safety: 2,
    executors: 2,
    faults: { crashes: 1 },
  },
  'one remediation, a process killed, an answer that does not come': {
    remediations: one,
    safety: 2,
    executors: 1,
    faults: { crashes: 1, unheard: 1 },
  },
  'one remediation, a lost acknowledgement, a write by somebody else': {
    remediations: one,
    safety: 2,
    executors: 1,
    faults: { lostAcks: 1, renewals: 1 },
  },
  'one remediation through the inbox, a process killed, an answer that does not come': {
    remediations: one,
    safety: 1,
    executors: 1,
    throughInbox: true,
    faults: { crashes: 1, unheard: 1 },
  },
  'one remediation, a name that comes to stand for another container and back, a process killed': {
    remediations: one,
    safety: 1,
    executors: 1,
    faults: { crashes: 1, replacements: 2 },
  },
  'one remediation through the inbox, a name that comes to stand for another container': {
    remediations: one,
    safety: 1,
    executors: 1,
    throughInbox: true,
    faults: { replacements: 2 },
  },
  'one remediation of two targets': { remediations: [[0, 1]], safety: 2, executors: 1, faults: {} },
  'two remediations of one target': { remediations: two, safety: 2, executors: 1, faults: {} },
  'two remediations of one target, whose name comes to stand for another container': {
    remediations: two,
    safety: 1,
    executors: 1,
    faults: { replacements: 1 },
  },
  'two remediations of one target, a process killed': {
    remediations: two,
    safety: 1,
    executors: 1,
    faults: { crashes: 1 },
  },
  'two remediations that share one of two targets, a process killed': {
    remediations: shared,
    safety: 1,
    executors: 1,
    faults: { crashes: 1 },
  },
};

export const long: Readonly<Record<string, Bounds>> = {
  ...each,
  'two remediations of one target, two executors, a name that comes to stand for another container': {
    remediations: two,
    safety: 1,
    executors: 2,
    faults: { replacements: 1 },
  },
  'one remediation, a name that comes to stand for another container and back, every misfortune': {
    remediations: one,
    safety: 1,
    executors: 2,
    faults: { crashes: 1, unheard: 1, replacements: 2 },
  },
  'one remediation, everything twice, a process killed, an answer that does not come': {
    remediations: one,
    safety: 2,
    executors: 2,
    faults: { crashes: 1, unheard: 1 },
  },
  'one remediation, two executors, one of every misfortune': {
    remediations: one,
    safety: 1,
    executors: 2,
    faults: { crashes: 1, unheard: 1, lostAcks: 1, renewals: 1 },
  },
  'one remediation, two answers that do not come': {
    remediations: one,
    safety: 2,
    executors: 1,
    faults: { unheard: 2 },
  },
  'two remediations of one target, an answer that does not come': {
    remediations: two,
    safety: 1,
    executors: 1,
    faults: { unheard: 1 },
  },
  'two remediations that share one of two targets, two of safety': {
    remediations: shared,
    safety: 2,
    executors: 1,
    faults: {},
  },
};
