#include "web/auth_hasher.h"

#include <atomic>
#include <sodium.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/check.h"

namespace tocsin::web {

namespace {

constexpr std::size_t kWaitingMax = 16;

// Runs `work` on the pool and resumes the caller on its own executor with the result.
template <class R, class Work>
Task<R> on_pool(boost::asio::thread_pool& pool, Work work) {
    auto initiate = [&pool, work = std::move(work)](auto handler) mutable {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto guard = boost::asio::make_work_guard(boost::asio::get_associated_executor(*shared));
        auto job = [shared, guard = std::move(guard), work = std::move(work)]() mutable {
            auto resume = [shared, result = work()]() mutable { (*shared)(std::move(result)); };
            boost::asio::post(guard.get_executor(), std::move(resume));
        };
        boost::asio::post(pool, std::move(job));
    };
    return boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(R)>(
        std::move(initiate), boost::asio::use_awaitable);
}

}  // namespace

struct PasswordHasher::Impl {
    std::uint64_t passes;
    std::size_t memory_bytes;
    std::atomic<std::size_t> waiting{0};
    std::string dummy;  // made at the first need; on the pool's thread only
    boost::asio::thread_pool pool{1};

    Result<std::string> hash_now(const std::string& password) const {
        std::string out(crypto_pwhash_STRBYTES, '\0');
        if (crypto_pwhash_str(out.data(), password.data(), password.size(), passes, memory_bytes) !=
            0) {
            return unavailable("There is not enough memory to check passwords now.");
        }
        out.resize(out.find('\0'));
        return out;
    }

    Result<bool> verify_now(const std::string& hash, const std::string& password) {
        if (hash.empty() && dummy.empty()) {
            TRY_AS(dummy, hash_now("nobody has this password"));
        }
        const std::string& against = hash.empty() ? dummy : hash;
        const bool equal =
            crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0;
        return equal && !hash.empty();
    }

    Status enter() {
        if (waiting.load() >= kWaitingMax) {
            return Error(ErrorKind::Limited, "Many people are signing in. Try again in a moment.");
        }
        ++waiting;
        return {};
    }
};

PasswordHasher::PasswordHasher(std::uint64_t passes, std::size_t memory_bytes)
    : impl_(std::make_unique<Impl>()) {
    CHECK(sodium_init() >= 0);
    impl_->passes = passes;
    impl_->memory_bytes = memory_bytes;
}

PasswordHasher::~PasswordHasher() {
    impl_->pool.join();
}

Task<Result<std::string>> PasswordHasher::hash(std::string password) {
    CO_TRY(impl_->enter());
    auto work = [impl = impl_.get(), password = std::move(password)]() -> Result<std::string> {
        Result<std::string> hashed = impl->hash_now(password);
        --impl->waiting;
        return hashed;
    };
    co_return co_await on_pool<Result<std::string>>(impl_->pool, std::move(work));
}

Task<Result<bool>> PasswordHasher::verify(std::string hash, std::string password) {
    CO_TRY(impl_->enter());
    auto work = [impl = impl_.get(), hash = std::move(hash),
                 password = std::move(password)]() -> Result<bool> {
        Result<bool> equal = impl->verify_now(hash, password);
        --impl->waiting;
        return equal;
    };
    co_return co_await on_pool<Result<bool>>(impl_->pool, std::move(work));
}

}  // namespace tocsin::web
