/** Somebody canceled the task: its graph ends and writes nothing more. */
export class TaskCanceled extends Error {}
