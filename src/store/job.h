// Job: one closure on its way through a Lane, with the place for its result.
//
// Owner: the queue, then the lane. Runs and answers on the lane's thread; answers at once on the
// caller's if it is refused.
#pragma once

#include "base/result.h"
#include "store/database.h"

namespace tocsin::store {

class Job {
  public:
    enum class Kind { Read, Write };

    virtual ~Job() = default;
    virtual bool execute(Database& database) = 0;  // false: what it did is to be undone
    virtual void fail(Error error) = 0;            // sets the result to an error
    virtual void answer() = 0;                     // hands the result over; once, the last call
};

}  // namespace tocsin::store
