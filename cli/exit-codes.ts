/** What a script may branch on. They are documented in the README and in `hemostat --help`. */
export const exitCodes = {
  well: 0,
  unwell: 1,
  usage: 2,
  refused: 3,
  away: 4,
  notPermitted: 5,
  notYet: 6,
  badSetting: 78,
  interrupted: 130,
} as const;

export const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  well: 'well: what was asked for is so',
  unwell:
    'it ran and it is not well: not healed, degraded, the audit does not verify, something differs, a check found trouble',
  usage: 'the command line cannot be understood, or the gateway calls the request not valid',
  refused: 'refused by safety or not applicable, or a dry run says that it would be; nothing was done',
  away: 'the mesh, or a part of it that is needed, is away',
  notPermitted: 'no token, an unknown one, or one that may not do this',
  notYet: 'not at its end when the waiting was over; it goes on',
  badSetting: 'a setting cannot be used',
  interrupted: 'ended by Ctrl-C; a remediation goes on',
};
