// All scenarios by name: what it is called in reports, and the function. One room can play them one
// after the other, in this order: the failover leaves it on another server.
import * as database from './database.mjs';
import { limits } from './limits.mjs';
import * as nodes from './nodes.mjs';

export const kNodeScenarios = {
  kill: ['a node that sends is killed at full rate', nodes.kill],
  standstill: ['a node stands still for longer than its leases', nodes.standstill],
  cutoff: ['a node is cut off from the database', nodes.cutoff],
  stop: ['an alert is stopped at full rate on three nodes', nodes.stop],
  releases: ['releases at once from two web nodes', nodes.releases],
  skew: ['clocks a minute off', nodes.skew],
  correction: ['a correction right after a kill', nodes.correction],
  leave: ['readers leave on one node while others send', nodes.leave],
  handover: ['a web node dies while it releases', nodes.handover],
};

export const kDatabaseScenarios = {
  restart: ['the database is restarted with -m immediate', database.restart],
  storm: ['strangers take every connection of the database', database.storm],
  failover: ['the database fails over to its standby', database.failover],
};

// Too long for every run of the tests.
const kLongScenarios = {
  blackout: ['all nodes that send are killed at once', nodes.blackout],
  limits: ["a relay's limits while nodes come and go", limits],
};

export const kScenarios = { ...kNodeScenarios, ...kDatabaseScenarios, ...kLongScenarios };
