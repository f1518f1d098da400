// What can happen to the database of several nodes in the middle of an alert: the scenarios of
// tests/cluster, shorter.
import { playAll } from './support/play_cluster.mjs';
import { kDatabaseScenarios } from '../cluster/scenarios.mjs';

playAll(kDatabaseScenarios);
