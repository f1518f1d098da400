// Argon2id (libsodium) on a thread of its own, so that neither the pages nor the store wait for it.
//
// One hash at a time and a short queue: signing in can use one core and one hash's memory, however
// many try. Full: Limited. Owner: Auth. Thread: run from coroutines of one io thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/task.h"

namespace tocsin::web {

class PasswordHasher {
  public:
    PasswordHasher(std::uint64_t passes, std::size_t memory_bytes);
    ~PasswordHasher();

    Task<Result<std::string>> hash(std::string password);
    // An empty `hash` stands for a person who does not exist or has no password: it takes as long
    // as a real one and is false.
    Task<Result<bool>> verify(std::string hash, std::string password);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::web
