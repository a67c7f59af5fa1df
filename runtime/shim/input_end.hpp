// The writing end of a container's standard input or terminal, shared by whoever may write to it: the last one to
// let go closes it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/native_handle.hpp"

namespace jobpod::shim {

// Linux: to be handed over (input_end_linux.hpp). Windows: to be written to (input_end_windows.hpp).
class InputEnd;

std::shared_ptr<InputEnd> ShareInput(boost::asio::io_context& io, OwnedHandle end);

}  // namespace jobpod::shim
