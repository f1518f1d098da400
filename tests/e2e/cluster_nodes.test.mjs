// What can happen to nodes in the middle of an alert, in one newsroom of five of them on
// PostgreSQL: the scenarios of tests/cluster, shorter.
import { playAll } from './support/play_cluster.mjs';
import { kNodeScenarios } from '../cluster/scenarios.mjs';

playAll(kNodeScenarios);
