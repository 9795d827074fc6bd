"""BLAS has one thread while anything needs it to, in however many threads, and its own number afterwards."""

import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from wn_ref.blas import one_blas_thread


def threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_the_first_one_in_limits_and_the_last_one_out_puts_it_back():
    """In the order in which nesting fails: the first one in is the first one out."""
    second_in, first_out = threading.Event(), threading.Event()
    seen = []

    @one_blas_thread
    def first():
        other.start()
        assert second_in.wait(10)

    @one_blas_thread
    def second():
        second_in.set()
        assert first_out.wait(10)
        seen.append(threads())

    other = threading.Thread(target=second)
    with threadpool_limits(2, "blas"):
        first()
        first_out.set()
        other.join()
        assert seen == [{1}]
        assert threads() == {2}


def test_an_error_puts_it_back():
    @one_blas_thread
    def fails():
        seen.append(threads())
        raise ValueError("of a test")

    seen = []
    with threadpool_limits(2, "blas"):
        with pytest.raises(ValueError, match="of a test"):
            fails()
        assert seen == [{1}]
        assert threads() == {2}


def test_another_thread_has_it_that_did_not_set_the_number():
    """In threadpoolctl 3.8 the thread that set it first is the only one that can, and nobody tells the others."""
    seen = []
    with threadpool_limits(2, "blas"):
        other = threading.Thread(target=one_blas_thread(lambda: seen.append(threads())))
        other.start()
        other.join()
        assert seen == [{1}]
        assert threads() == {2}
