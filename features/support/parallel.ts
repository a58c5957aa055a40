import { parallelCanAssignHelpers, setParallelCanAssign } from '@cucumber/cucumber';

// What their jobs leave is told by the command they run, the same in all of them.
setParallelCanAssign(parallelCanAssignHelpers.atMostOnePicklePerTag(['@suite_worker_node']));
