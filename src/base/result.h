// Result and Error: how an expected failure travels.
//
// A Result<T> holds a T or an Error. An Error has a kind (what a program may branch on, and what
// the command line and HTTP map to exit codes and statuses) and a sentence that an administrator
// can act on. Broken invariants use CHECK; foreign exceptions end the task that met them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <boost/system/result.hpp>

namespace tocsin {

enum class ErrorKind {
    Invalid,       // the input is wrong: the caller must change it (HTTP 400/422)
    NotFound,      // no such thing (404)
    Conflict,      // it exists already, or its state forbids this (409)
    Forbidden,     // not allowed to this caller (403)
    Unauthorized,  // who the caller is could not be established (401)
    Expired,       // was valid once (410)
    Limited,       // a named limit is reached; later may work (429)
    Unavailable,   // a peer or service did not answer as needed; later may work (503)
    Timeout,       // a time limit passed
    Cancelled,     // the operation was told to stop
    Io,            // the disk or the database failed: do not retry blindly
    Corrupt,       // stored data does not verify
    Internal,      // a library failed in a way that has no other name
};

// The kind's stable name, as it appears in JSON ("invalid", "not_found", ...).
std::string_view to_string(ErrorKind kind);

// A class with constructors on purpose: aggregates do not travel well through coroutines.
class Error {
  public:
    Error() = default;
    Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

    ErrorKind kind() const { return kind_; }
    // One sentence, no trailing newline; holds no secret.
    const std::string& message() const { return message_; }

    // The same error with "context: " in front of the sentence.
    Error with_context(std::string_view context) const {
        return Error(kind_, std::string(context) + ": " + message_);
    }

  private:
    ErrorKind kind_ = ErrorKind::Internal;
    std::string message_ = "unknown error";
};

// Too busy or out of reach, as opposed to wrong: asking again in a moment may help. After
// Unavailable nobody knows whether it was done, so what is asked again must bear being done twice.
inline bool passing(const Error& error) {
    return error.kind() == ErrorKind::Limited || error.kind() == ErrorKind::Unavailable;
}

// Required by boost::system::result: value() on an error throws std::runtime_error.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& location);

template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  public:
    using boost::system::result<T, Error>::result;
};

template <>
class [[nodiscard]] Result<void> : public boost::system::result<void, Error> {
  public:
    using boost::system::result<void, Error>::result;
};

using Status = Result<void>;

// Shorthands: `return invalid("the headline is empty");`
inline Error invalid(std::string message) {
    return Error(ErrorKind::Invalid, std::move(message));
}
inline Error not_found(std::string message) {
    return Error(ErrorKind::NotFound, std::move(message));
}
inline Error conflict(std::string message) {
    return Error(ErrorKind::Conflict, std::move(message));
}
inline Error unavailable(std::string message) {
    return Error(ErrorKind::Unavailable, std::move(message));
}
inline Error io_error(std::string message) {
    return Error(ErrorKind::Io, std::move(message));
}

}  // namespace tocsin

// TRY / TRY_AS: leave the function with the error, or go on. CO_ variants for coroutines.
// Plain statements, never expressions: `TRY_AS(Address address, Address::parse(text));`
#define TOCSIN_CONCAT_(a, b) a##b
#define TOCSIN_CONCAT(a, b) TOCSIN_CONCAT_(a, b)
#define TOCSIN_TRY_(ret, tmp, ...)      \
    if (auto tmp = __VA_ARGS__; !tmp) { \
        ret std::move(tmp).error();     \
    }
#define TOCSIN_TRY_AS_(ret, tmp, decl, ...) \
    auto tmp = __VA_ARGS__;                 \
    if (!tmp) {                             \
        ret std::move(tmp).error();         \
    }                                       \
    decl = std::move(*tmp)
#define TRY(...) TOCSIN_TRY_(return, TOCSIN_CONCAT(try_, __LINE__), __VA_ARGS__)
#define TRY_AS(decl, ...) TOCSIN_TRY_AS_(return, TOCSIN_CONCAT(try_, __LINE__), decl, __VA_ARGS__)
#define CO_TRY(...) TOCSIN_TRY_(co_return, TOCSIN_CONCAT(try_, __LINE__), __VA_ARGS__)
#define CO_TRY_AS(decl, ...) \
    TOCSIN_TRY_AS_(co_return, TOCSIN_CONCAT(try_, __LINE__), decl, __VA_ARGS__)
