// `tocsin bench readers`: how soon one reader among millions is found, shown and let go.
//
// A throw-away SQLite database with as many readers as asked for, made by SQL; then the calls
// behind the preferences page, the desk's search by address and the unsubscribe button, one after
// another, each for a reader by chance. What is measured is audience and store; HTTP is
// `bench/signup`'s.
#pragma once

#include <CLI/CLI.hpp>

namespace tocsin::app {

class Cli;

void add_bench_readers_command(CLI::App& bench, Cli& cli);

}  // namespace tocsin::app
