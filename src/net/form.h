// What a browser sends with a form: application/x-www-form-urlencoded and multipart/form-data
// (RFC 7578) without files, as RFC 8058 section 3.1 lets mail providers post either.
//
// One strict parser: bad escapes, NUL, bytes that are not UTF-8, too many or too long fields are
// ErrorKind::Invalid with a sentence that names the reason and never the value. A plain value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "net/http.h"

namespace tocsin::net {

class Form {
  public:
    // The first value of the field; empty if there is none.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    // All values of the field, in order (check boxes that share a name).
    std::vector<std::string> all(std::string_view name) const;
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    void add(std::string name, std::string value);

  private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// By the request's Content-Type; any other type is Invalid. An empty body is an empty form.
// `fields_max`: of a page whose fields grow with what the newsroom has.
Result<Form> parse_form(const HttpRequest& request,
                        std::size_t fields_max = limits::kFormFieldsMax);
// "a=1&b=2": a body or a query string.
Result<Form> parse_urlencoded(std::string_view text,
                              std::size_t fields_max = limits::kFormFieldsMax);
// The body of multipart/form-data with this boundary. A part with a file name is Invalid.
Result<Form> parse_multipart(std::string_view boundary, std::string_view body,
                             std::size_t fields_max = limits::kFormFieldsMax);

// For links: everything but unreserved characters (RFC 3986 section 2.3) as %XX.
std::string percent_encode(std::string_view text);
// Strict: every '%' is followed by two hex digits; no NUL; the result is UTF-8.
Result<std::string> percent_decode(std::string_view text);

}  // namespace tocsin::net
