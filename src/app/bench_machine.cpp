#include "app/bench_machine.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/check.h"
#include "base/crypto.h"

extern char** environ;

namespace tocsin::app {
namespace {

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};

std::uint64_t sign_until(const std::string& pem, const std::atomic<bool>& stop) {
    const std::unique_ptr<BIO, FreeKey> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const std::unique_ptr<EVP_PKEY, FreeKey> key(
        PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    CHECK(key != nullptr);
    const std::unique_ptr<EVP_PKEY_CTX, FreeKey> context(EVP_PKEY_CTX_new(key.get(), nullptr));
    CHECK(EVP_PKEY_sign_init(context.get()) == 1);
    CHECK(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
    const std::string digest = sha256("a message");
    std::array<unsigned char, 512> signature;
    std::uint64_t count = 0;
    for (; !stop.load(std::memory_order_relaxed); ++count) {
        std::size_t size = signature.size();
        CHECK(EVP_PKEY_sign(context.get(), signature.data(), &size,
                            reinterpret_cast<const unsigned char*>(digest.data()),
                            digest.size()) == 1);
    }
    return count;
}

double thread_cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// The online cores that are not in this process's affinity.
std::vector<int> other_cores() {
    cpu_set_t ours;
    std::vector<int> out;
    if (sched_getaffinity(0, sizeof ours, &ours) == 0) {
        const auto online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
        for (int core = 0; core < online; ++core) {
            if (!CPU_ISSET(core, &ours)) {
                out.push_back(core);
            }
        }
    }
    return out;
}

std::uint64_t status_kib(std::string_view name) {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with(name)) {
            return std::stoull(line.substr(name.size()));
        }
    }
    return 0;
}

}  // namespace

SigningLimit measure_signing(const std::string& pem, std::size_t threads, Milliseconds time) {
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::uint64_t signatures = 0;
    double cpu = 0;
    std::vector<std::thread> signers;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < threads; ++i) {
        signers.emplace_back([&] {
            const double before = thread_cpu_seconds();
            const std::uint64_t made = sign_until(pem, stop);
            const std::lock_guard lock(mutex);
            signatures += made;
            cpu += thread_cpu_seconds() - before;
        });
    }
    std::this_thread::sleep_for(time);
    stop = true;
    for (std::thread& signer : signers) {
        signer.join();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const auto count = static_cast<double>(std::max<std::uint64_t>(signatures, 1));
    return {.per_second = count / took.count(), .cpu_us = 1e6 * cpu / count};
}

std::optional<SigningLimit> measure_signing_beside_busy_cores(const std::string& pem,
                                                              std::size_t threads,
                                                              Milliseconds time) {
    const std::vector<int> cores = other_cores();
    if (cores.empty()) {
        return std::nullopt;
    }
    std::atomic<bool> stop{false};
    std::vector<std::thread> neighbours;
    for (const int core : cores) {
        neighbours.emplace_back([&pem, &stop, core] {
            cpu_set_t set;
            CPU_ZERO(&set);
            CPU_SET(core, &set);
            if (sched_setaffinity(0, sizeof set, &set) == 0) {
                sign_until(pem, stop);
            }
        });
    }
    const SigningLimit limit = measure_signing(pem, threads, time);
    stop = true;
    for (std::thread& neighbour : neighbours) {
        neighbour.join();
    }
    return limit;
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t peak_rss_bytes() {
    return status_kib("VmHWM:") * 1024;
}

void reset_peak_rss() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

Result<SinkProcess> SinkProcess::start() {
    std::array<int, 2> pipe_ends{};
    if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
        return io_error("cannot make a pipe for the sink");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    std::array<std::string, 4> words{"tocsin", "sink", "--port", "0"};
    std::array<char*, 5> argv{words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                              nullptr};
    pid_t pid = 0;
    const int failed = posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe_ends[1]);
    if (failed != 0) {
        ::close(pipe_ends[0]);
        return io_error(fmt::format("cannot start the sink: {}", strerror(failed)));
    }
    // "sink: listening on 127.0.0.1:PORT"
    std::string line;
    char c = 0;
    while (::read(pipe_ends[0], &c, 1) == 1 && c != '\n') {
        line.push_back(c);
    }
    ::close(pipe_ends[0]);
    const std::size_t colon = line.rfind(':');
    const unsigned long port =
        colon == std::string::npos ? 0 : std::strtoul(line.c_str() + colon + 1, nullptr, 10);
    SinkProcess sink(pid, static_cast<std::uint16_t>(port));
    if (port == 0 || port > 65'535) {
        return io_error("the sink did not start: " + line);
    }
    return sink;
}

SinkProcess::SinkProcess(SinkProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), port_(other.port_) {}

SinkProcess::~SinkProcess() {
    if (pid_ > 0) {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
}

}  // namespace tocsin::app
