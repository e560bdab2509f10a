# Makes the profiles of this folder with Little CMS 2.14 (Debian: liblcms2-2). Each has private tags.
import ctypes, struct
L = ctypes.CDLL("liblcms2.so.2")
P, D, I = ctypes.c_void_p, ctypes.c_double, ctypes.c_int
for f in "cmsCreate_sRGBProfile cmsCreateRGBProfile cmsCreateGrayProfile cmsBuildParametricToneCurve cmsBuildGamma cmsBuildTabulatedToneCurve16".split():
    getattr(L, f).restype = P
class xyY(ctypes.Structure): _fields_ = [("x", D), ("y", D), ("Y", D)]
class Triple(ctypes.Structure): _fields_ = [("r", xyY), ("g", xyY), ("b", xyY)]
D65 = xyY(0.3127, 0.3290, 1)
def srgb(): return L.cmsBuildParametricToneCurve(None, I(4), (D*5)(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045))
def rgb(r, g, b, curve):
    t = Triple(xyY(*r, 1), xyY(*g, 1), xyY(*b, 1))
    return L.cmsCreateRGBProfile(ctypes.byref(D65), ctypes.byref(t), (P*3)(curve, curve, curve))
def save(p, name, version):
    L.cmsSetProfileVersion(P(p), D(version))
    private = b"text\0\0\0\0secret serial number of a display\0"
    for tag in (b"mmod", b"meta"):
        sig = struct.unpack(">I", tag)[0]
        assert L.cmsWriteRawTag(P(p), ctypes.c_uint32(sig), private, ctypes.c_uint32(len(private)))
    assert L.cmsSaveProfileToFile(P(p), name.encode())
save(L.cmsCreate_sRGBProfile(), "srgb-v4.icc", 4.3)
table = [min(65535, round(65535*(v/1023/12.92 if v/1023 <= 0.04045 else ((v/1023+0.055)/1.055)**2.4))) for v in range(1024)]
curve = L.cmsBuildTabulatedToneCurve16(None, I(1024), (ctypes.c_uint16*1024)(*table))
save(rgb((.64, .33), (.30, .60), (.15, .06), curve), "srgb-v2.icc", 2.1)
save(rgb((.680, .320), (.265, .690), (.150, .060), srgb()), "display-p3.icc", 4.0)
save(rgb((.64, .33), (.21, .71), (.15, .06), L.cmsBuildGamma(None, D(563/256))), "adobe-rgb.icc", 2.1)
save(L.cmsCreateGrayProfile(ctypes.byref(D65), P(L.cmsBuildGamma(None, D(2.2)))), "gray.icc", 2.1)
# Profiles with a table only, from RGB to Lab, with the colors of Adobe RGB.
for f in "cmsCreateProfilePlaceholder cmsPipelineAlloc cmsStageAllocCLut16bit cmsStageAllocToneCurves cmsCreateTransform cmsCreateLab4Profile cmsCreateLab2Profile cmsOpenProfileFromFile cmsMLUalloc".split():
    getattr(L, f).restype = P
def tag(s): return ctypes.c_uint32(struct.unpack(">I", s)[0])
RGB16 = (4 << 16) | (3 << 3) | 2
LAB16 = {2: (30 << 16) | (3 << 3) | 2, 4: (10 << 16) | (3 << 3) | 2}
def table_profile(name, version, grid, cls=b"prtr"):
    v = int(version)
    lab = L.cmsCreateLab2Profile(None) if v == 2 else L.cmsCreateLab4Profile(None)
    src = L.cmsOpenProfileFromFile(b"adobe-rgb.icc", b"r")
    x = L.cmsCreateTransform(P(src), ctypes.c_uint32(RGB16), P(lab), ctypes.c_uint32(LAB16[v]), 1, ctypes.c_uint32(0x0040))
    n = grid**3
    steps = [round(65535*i/(grid-1)) for i in range(grid)]
    inp = (ctypes.c_uint16*(3*n))(*[c for r in steps for g in steps for b in steps for c in (r, g, b)])
    out = (ctypes.c_uint16*(3*n))()
    L.cmsDoTransform(P(x), inp, out, ctypes.c_uint32(n))
    pipe = L.cmsPipelineAlloc(None, 3, 3)
    lin = L.cmsBuildGamma(None, D(1.0))
    curves = lambda: L.cmsStageAllocToneCurves(None, 3, (P*3)(lin, lin, lin))
    for stage in (curves(), L.cmsStageAllocCLut16bit(None, grid, 3, 3, out), curves()):
        assert L.cmsPipelineInsertStage(P(pipe), 1, P(stage))
    p = L.cmsCreateProfilePlaceholder(None)
    L.cmsSetProfileVersion(P(p), D(version))
    L.cmsSetDeviceClass(P(p), tag(cls)); L.cmsSetColorSpace(P(p), tag(b"RGB ")); L.cmsSetPCS(P(p), tag(b"Lab "))
    L.cmsSetHeaderRenderingIntent(P(p), 1)
    assert L.cmsWriteTag(P(p), tag(b"A2B0"), P(pipe))
    assert L.cmsLinkTag(P(p), tag(b"A2B1"), tag(b"A2B0"))
    assert L.cmsWriteTag(P(p), tag(b"B2A0"), P(pipe))
    white = (D*3)(0.9642, 1, 0.8249)
    assert L.cmsWriteTag(P(p), tag(b"wtpt"), white)
    for t in (b"desc", b"cprt"):
        m = L.cmsMLUalloc(None, 1)
        L.cmsMLUsetASCII(P(m), b"en", b"US", b"secret name of a printer")
        assert L.cmsWriteTag(P(p), tag(t), P(m))
    save(p, name, version)
table_profile("table-v2.icc", 2.4, 9)
table_profile("table-v4.icc", 4.3, 9)
