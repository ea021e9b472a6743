/** Whether npm's record of what it installed holds every package of the lock file, each as it is there. */
export function isInstalledAs(lock, installed) {
  return Object.entries(lock.packages)
    .filter(([path]) => path !== '')
    .every(([path, wanted]) => {
      const found = installed.packages?.[path];
      // Optional packages of other platforms are never installed.
      if (!found) return wanted.optional === true;
      return found.version === wanted.version && found.integrity === wanted.integrity;
    });
}
