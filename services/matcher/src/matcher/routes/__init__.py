"""Door: HTTP in. Cases with their calculation and timeline, and money without a case."""

from fastapi import APIRouter

from matcher.routes import cases, timeline, unmatched

router = APIRouter(prefix="/v1")
router.include_router(cases.router)
router.include_router(timeline.router)
router.include_router(unmatched.router)
