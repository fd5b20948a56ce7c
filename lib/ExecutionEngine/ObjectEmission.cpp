//===- ObjectEmission.cpp - Object files of serving libraries -------------===//
//
// Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CNames.h"
#include "Codegen.h"
#include "embcol/Conversion/Common/Runtime.h"
#include "embcol/ExecutionEngine/AheadOfTime.h"
#include "embcol/ExecutionEngine/Program.h"

#include "absl/strings/str_cat.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/IPO/Internalize.h"

using embcol::ServingProgram;
using namespace llvm;

//===----------------------------------------------------------------------===//
// Targets
//===----------------------------------------------------------------------===//

using MachineBuilder = orc::JITTargetMachineBuilder;

/// InvalidArgument for a processor or a feature that the target does not have,
/// of which LLVM would only warn.
static absl::Status checkSubtarget(const Target &target, const Triple &triple,
                                   StringRef cpu, StringRef features) {
  std::unique_ptr<MCSubtargetInfo> subtarget(
      target.createMCSubtargetInfo(triple, /*CPU=*/"", /*Features=*/""));
  if (!cpu.empty() && !subtarget->isCPUStringValid(cpu))
    return absl::InvalidArgumentError(
        absl::StrCat("target ", triple.str(), " has no cpu '", cpu.str(), "'"));
  for (StringRef feature : split(features, ',')) {
    bool isKnown = feature.empty();
    for (const SubtargetFeatureKV &known : subtarget->getAllProcessorFeatures())
      isKnown |= (feature[0] == '+' || feature[0] == '-') &&
                 feature.drop_front() == known.Key;
    if (!isKnown)
      return absl::InvalidArgumentError(
          absl::StrCat("target ", triple.str(), " has no feature '",
                       feature.str(), "'; one begins with + or -"));
  }
  return absl::OkStatus();
}

static absl::StatusOr<MachineBuilder>
getMachineBuilder(const embcol::CodeTarget &target) {
  Triple host(sys::getDefaultTargetTriple());
  Triple triple(target.triple.empty() ? host.str()
                                      : Triple::normalize(target.triple));
  std::string message;
  const Target *found = TargetRegistry::lookupTarget(triple, message);
  // (serving-C5)
  if (!found || !triple.isArch64Bit() || !triple.isLittleEndian())
    return absl::InvalidArgumentError(absl::StrCat(
        "triple '", target.triple,
        "': expected a target of LLVM with 64 bits, little-endian"));
  std::string cpu = target.cpu == "native" ? "" : target.cpu;
  absl::Status status = checkSubtarget(*found, triple, cpu, target.features);
  if (!status.ok())
    return status;

  MachineBuilder builder(triple);
  if (cpu.empty() && triple.getArch() == host.getArch()) {
    auto detected = MachineBuilder::detectHost();
    if (!detected)
      return embcol::toStatus(detected.takeError());
    builder.setCPU(detected->getCPU());
    builder.addFeatures(detected->getFeatures().getFeatures());
  } else {
    builder.setCPU(cpu);
  }
  SmallVector<StringRef> features;
  StringRef(target.features).split(features, ',', -1, /*KeepEmpty=*/false);
  builder.addFeatures(
      std::vector<std::string>(features.begin(), features.end()));
  // Unlike a JIT, a linker knows thread-local variables, and puts code where it
  // is near.
  builder.getOptions().EmulatedTLS = false;
  builder.setCodeModel(CodeModel::Small);
  builder.setRelocationModel(Reloc::PIC_);
  builder.setCodeGenOptLevel(CodeGenOptLevel::Aggressive);
  return builder;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static constexpr StringLiteral memoryName = "embcol_serving_memory";

/// Where code refers to the memory of tables and vocabularies by name, has it
/// look that up in the model that it is called for: one library can have
/// several open.
static void bindMemory(mlir::ModuleOp module, const ServingProgram &program) {
  using mlir::embcol::Memory;
  StringMap<int32_t> positions;
  for (const ServingProgram::Table &table : program.tables)
    positions.insert({getMemoryName(table.name, Memory::Rows),
                      static_cast<int32_t>(positions.size())});
  for (const ServingProgram::Vocabulary &vocabulary : program.vocabularies)
    positions.insert({getMemoryName(vocabulary.name, Memory::Vocabulary),
                      static_cast<int32_t>(positions.size())});

  namespace ir = mlir::LLVM;
  auto pointer = ir::LLVMPointerType::get(module.getContext());
  auto builder = mlir::OpBuilder::atBlockBegin(module.getBody());
  auto memory = ir::GlobalOp::create(
      builder, module.getLoc(), pointer, /*isConstant=*/false,
      ir::Linkage::External, memoryName, /*value=*/mlir::Attribute(),
      /*alignment=*/0, /*addrSpace=*/0, /*dsoLocal=*/false,
      /*thread_local_=*/true);
  module.walk([&](ir::AddressOfOp op) {
    auto position = positions.find(op.getGlobalName());
    if (position == positions.end())
      return;
    builder.setInsertionPoint(op);
    mlir::Location loc = op.getLoc();
    mlir::Value all = ir::AddressOfOp::create(builder, loc, memory);
    all = ir::ThreadlocalAddressOp::create(builder, loc, pointer, all);
    all = ir::LoadOp::create(builder, loc, pointer, all);
    mlir::Value place = ir::GEPOp::create(builder, loc, pointer, pointer, all,
                                          ir::GEPArg(position->second));
    op.replaceAllUsesWith(
        ir::LoadOp::create(builder, loc, pointer, place).getResult());
    op.erase();
  });
}

//===----------------------------------------------------------------------===//
// The C interface
//===----------------------------------------------------------------------===//

namespace {
/// Adds the functions of the header to a module.
class InterfaceBuilder {
public:
  InterfaceBuilder(Module &module, StringRef name,
                   const ServingProgram &program)
      : module(module), name(name), program(program),
        builder(module.getContext()), pointer(builder.getPtrTy()),
        status(builder.getInt32Ty()) {}

  /// Returns the names that the library has.
  StringSet<> build();

private:
  GlobalVariable *createConstant(Constant *value);
  GlobalVariable *createProgram();
  /// Begins a function that others may call.
  Function *begin(StringRef function, Type *result, ArrayRef<Type *> types);
  CallInst *call(StringRef function, Type *result, ArrayRef<Value *> arguments);
  void createCall(size_t number);
  void createFree(const ServingProgram::Function &function);
  Type *getScalarType(ServingProgram::Element element);

  Module &module;
  StringRef name;
  const ServingProgram &program;
  IRBuilder<> builder;
  PointerType *pointer;
  IntegerType *status;
  StringSet<> names;
};
} // namespace

GlobalVariable *InterfaceBuilder::createConstant(Constant *value) {
  return new GlobalVariable(module, value->getType(), /*isConstant=*/true,
                            GlobalValue::InternalLinkage, value);
}

GlobalVariable *InterfaceBuilder::createProgram() {
  std::string description = program.serialize();
  SmallVector<Constant *> functions;
  for (const ServingProgram::Function &function : program.functions)
    functions.push_back(
        module.getFunction(embcol::getPackedName(function.name)));
  return createConstant(ConstantStruct::getAnon(
      {createConstant(ConstantDataArray::getString(
           module.getContext(), description, /*AddNull=*/false)),
       builder.getInt64(description.size()),
       createConstant(ConstantArray::get(
           ArrayType::get(pointer, functions.size()), functions))}));
}

Function *InterfaceBuilder::begin(StringRef function, Type *result,
                                  ArrayRef<Type *> types) {
  names.insert(function);
  // One of the program's own, which nobody else sees.
  if (Function *other = module.getFunction(function))
    other->setName(function + ".code");
  auto *type = FunctionType::get(result, types, /*isVarArg=*/false);
  auto *created =
      Function::Create(type, Function::ExternalLinkage, function, module);
  builder.SetInsertPoint(BasicBlock::Create(module.getContext(), "", created));
  return created;
}

CallInst *InterfaceBuilder::call(StringRef function, Type *result,
                                 ArrayRef<Value *> arguments) {
  SmallVector<Type *> types;
  for (Value *argument : arguments)
    types.push_back(argument->getType());
  FunctionCallee callee = module.getOrInsertFunction(
      function, FunctionType::get(result, types, /*isVarArg=*/false));
  return builder.CreateCall(callee, arguments);
}

Type *InterfaceBuilder::getScalarType(ServingProgram::Element element) {
  if (element == ServingProgram::Element::F32)
    return builder.getFloatTy();
  return builder.getIntNTy(8 * ServingProgram::getSizeInBytes(element));
}

void InterfaceBuilder::createCall(size_t number) {
  const ServingProgram::Function &function = program.functions[number];
  SmallVector<Type *> types = {pointer};
  for (const ServingProgram::Item &argument : function.arguments)
    types.push_back(argument.kind == ServingProgram::Kind::Scalar
                        ? getScalarType(argument.element)
                        : pointer);
  types.push_back(pointer);
  Function *created =
      begin(embcol::CNames(name, function.name).call, status, types);
  size_t numArguments = function.arguments.size();
  Value *addresses = builder.CreateAlloca(
      pointer, builder.getInt64(std::max<size_t>(numArguments, 1)));
  for (size_t i = 0; i < numArguments; ++i) {
    Value *argument = created->getArg(i + 1), *address = argument;
    if (!argument->getType()->isPointerTy()) {
      address = builder.CreateAlloca(argument->getType());
      builder.CreateStore(argument, address);
    }
    builder.CreateStore(address,
                        builder.CreateConstGEP1_64(pointer, addresses, i));
  }
  builder.CreateRet(call("embcol_serving_call", status,
                         {created->getArg(0), builder.getInt64(number),
                          addresses, created->getArg(numArguments + 1)}));
}

void InterfaceBuilder::createFree(const ServingProgram::Function &function) {
  Function *created = begin(embcol::CNames(name, function.name).free,
                            builder.getVoidTy(), {pointer});
  call("embcol_serving_free", builder.getVoidTy(), {created->getArg(0)});
  builder.CreateRetVoid();
}

StringSet<> InterfaceBuilder::build() {
  embcol::CNames own(name);
  Function *open = begin(own.open, status, {pointer, pointer});
  builder.CreateRet(call("embcol_serving_open", status,
                         {createProgram(), open->getArg(0), open->getArg(1)}));
  Function *close = begin(own.close, builder.getVoidTy(), {pointer});
  call("embcol_serving_close", builder.getVoidTy(), {close->getArg(0)});
  builder.CreateRetVoid();
  begin(own.error, pointer, {});
  builder.CreateRet(call("embcol_serving_error", pointer, {}));
  for (size_t i = 0; i < program.functions.size(); ++i) {
    createCall(i);
    createFree(program.functions[i]);
  }
  return std::move(names);
}

//===----------------------------------------------------------------------===//
// Objects
//===----------------------------------------------------------------------===//

static absl::StatusOr<std::string> emit(Module &module,
                                        TargetMachine &machine) {
  SmallVector<char, 0> bytes;
  raw_svector_ostream os(bytes);
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, os, nullptr,
                                  CodeGenFileType::ObjectFile))
    return absl::InvalidArgumentError(absl::StrCat(
        "target ", machine.getTargetTriple().str(), " has no object files"));
  passes.run(module);
  return std::string(bytes.begin(), bytes.end());
}

absl::StatusOr<std::string>
embcol::ServingLibrary::emitObject(const CodeTarget &target) const {
  InitializeAllTargetInfos();
  InitializeAllTargets();
  InitializeAllTargetMCs();
  InitializeAllAsmPrinters();
  absl::StatusOr<MachineBuilder> machineBuilder = getMachineBuilder(target);
  if (!machineBuilder.ok())
    return machineBuilder.status();
  auto machine = machineBuilder->createTargetMachine();
  if (!machine)
    return toStatus(machine.takeError());

  absl::StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> lowered =
      lowerModule(module, mlir::embcol::Mode::Serving, Stage::LLVM);
  if (!lowered.ok())
    return lowered.status();
  bindMemory(**lowered, program);
  std::vector<std::string> entryPoints;
  for (const ServingProgram::Function &function : program.functions)
    entryPoints.push_back(function.name);
  LLVMContext context;
  auto translated = translate(**lowered, entryPoints, **machine, context);
  if (!translated)
    return toStatus(translated.takeError());
  Module &code = **translated;
  StringSet<> exported = InterfaceBuilder(code, name, program).build();
  // Several libraries can be parts of one program.
  internalizeModule(code, [&](const GlobalValue &value) {
    return exported.contains(value.getName());
  });
  optimize(code, **machine);
  return emit(code, **machine);
}
