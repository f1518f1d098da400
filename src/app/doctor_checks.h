// What `tocsin doctor` looks at, one function a topic. Internal to doctor*.cpp.
#pragma once

#include <vector>

#include <boost/json/value.hpp>

#include "app/config.h"
#include "app/doctor.h"
#include "base/clock.h"

namespace tocsin::app {

using Findings = std::vector<Finding>;

enum class ServiceState { Running, NotRunning };
// Whether a service answers on the control socket.
ServiceState service_state(const Config& config);

void look_at_secrets(const Config& config, Findings& findings);
void look_at_database(const Config& config, ServiceState state, Findings& findings);
void look_at_disk(const Config& config, Findings& findings);
void look_at_clock(const Clock& clock, Findings& findings);
// The shaping file, as it is now.
void look_at_rules(const Config& config, Findings& findings);
void look_at_limits(Findings& findings);
// Running: somebody listens. Not running: the port is free for us.
void look_at_ports(const Config& config, ServiceState state, Findings& findings);
void look_at_tls(const Config& config, Findings& findings);
void look_at_dkim(const Config& config, Findings& findings);
void look_at_dns(const Config& config, const TxtLookup& lookup, Findings& findings);
// Connects as for sending: TLS and AUTH, then QUIT.
void look_at_relay(const Config& config, const DoctorOptions& options, const Clock& clock,
                   Findings& findings);

// The other machines of the database, if a service runs to say who they are.
void look_at_nodes(const Config& config, ServiceState state, Findings& findings);

// Of the answer of GET /api/v1/nodes; empty if it is none.
std::vector<boost::json::value> nodes_of(const boost::json::value& answer);
// What is to say of them.
void judge_nodes(const std::vector<boost::json::value>& nodes, Findings& findings);

}  // namespace tocsin::app
