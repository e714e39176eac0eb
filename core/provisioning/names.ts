/** Names as the database of VICIdial compares them: `User` and `user` are one row there. */
export const canonical = (name: string | number | null | undefined): string => String(name).toLowerCase();
